/** System.map: `address letter name` a line, as nm prints it; link-time addresses. */
import { UserError } from '../../core/errors.js';
import type { KernelSymbol } from '../types.js';

const LINE = /^([0-9a-f]{8,16}) ([A-Za-z?]) (\S+)(?:\s+\[(\S+)\])?$/;

/** Whether `text` begins as a System.map does. */
export function isSystemMap(text: string): boolean {
  return /^[0-9a-f]{8,16} [A-Za-z?] \S/.test(text);
}

/** The symbols in the text of a System.map (or of /proc/kallsyms). Lines of another form are passed over. */
export function readSystemMap(name: string, text: string): KernelSymbol[] {
  const symbols: KernelSymbol[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, address = '0', kind = '?', symbol = '', module] = match;
    symbols.push({ name: symbol, address: BigInt(`0x${address}`), kind, ...(module === undefined ? {} : { module }) });
  }
  if (symbols.length < 1000) {
    throw new UserError(
      `${name} has ${symbols.length} symbols, a kernel has tens of thousands`,
      "give the real one: Debian's /boot/System.map is a stub, the file is in the kernel's -dbg package",
    );
  }
  return symbols;
}
