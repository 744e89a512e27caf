/**
 * A process's environment block (PEB) and parameters, which lie in its own memory: command line, variables, loader data.
 *
 * The process can write all of it: this is what it says of itself.
 */
import { utf16Text } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { unicodeString } from './unicode-string.js';

export interface ProcessEnvironment {
  /** The _PEB, read through the process's address space. */
  readonly block: StructView;
  readonly space: AddressSpace;
}

/** NT does not limit environments; what exceeds this is no honest one. */
const MAX_ENVIRONMENT = 256 * 1024;

/** The block of a process; undefined for those without one (System, exited ones). */
export function processEnvironment(kernel: WindowsKernel, process: StructView): ProcessEnvironment | undefined {
  const peb = process.ptr('Peb');
  if (peb === undefined || peb === 0n) return undefined;
  const space = kernel.processSpace(process);
  return space && { space, block: new StructView(kernel.within(space), '_PEB', peb) };
}

/** Flag of the parameters: their pointers are addresses, not yet offsets from their start. */
const NORMALIZED = 1;

/** What the creator of the process handed to it; undefined when unreadable. */
export function processParameters({ block }: ProcessEnvironment) {
  const parameters = block.follow('ProcessParameters');
  if (parameters === undefined) return undefined;
  const isNormal = ((parameters.num('Flags') ?? NORMALIZED) & NORMALIZED) === NORMALIZED;
  const text = (path: string) => (isNormal ? unicodeString(parameters, path) : undefined);
  return {
    commandLine: text('CommandLine'),
    imagePath: text('ImagePathName'),
    currentDirectory: text('CurrentDirectory.DosPath'),
    windowTitle: text('WindowTitle'),
    environment: parameters.ptr('Environment'),
  };
}

/** The variables at `address`: `NAME=value` strings, each with a NUL, an empty one behind the last. */
export function* environmentStrings({ space }: ProcessEnvironment, address: bigint): Generator<string> {
  const bytes = new Uint8Array(MAX_ENVIRONMENT);
  const length = space.read(address, bytes) & ~1;
  let start = 0;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] !== 0 || bytes[at + 1] !== 0) continue;
    if (at === start) return;
    yield utf16Text(bytes.subarray(start, at));
    start = at + 2;
  }
}
