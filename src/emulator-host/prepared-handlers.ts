/** Where the bundle has the handlers that were prepared for it (emulator/interpreter/prepared-handlers.ts). */
import { readFileSync } from 'node:fs';
import type { PreparedPart } from '../emulator/interpreter/prepared-handlers.js';

/** The file of a part, beside this one. */
export const preparedFile = (part: PreparedPart): string => `handlers-${part}.wasm`;

/** The machines of a process share what V8 compiles. */
const modules = new Map<PreparedPart, WebAssembly.Module | undefined>();

/** Outside the bundle there is none: handlers must be those of the very sources that run. */
export function preparedHandlers(part: PreparedPart): WebAssembly.Module | undefined {
  if (!modules.has(part)) modules.set(part, load(part));
  return modules.get(part);
}

function load(part: PreparedPart): WebAssembly.Module | undefined {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(new URL(preparedFile(part), import.meta.url));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return new WebAssembly.Module(bytes);
}
