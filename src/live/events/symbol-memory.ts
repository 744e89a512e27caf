/** Where a symbol of the kernel lies in physical memory, up to the next symbol. */
import type { LinuxKernel } from '../../objects/linux/kernel.js';

export interface SymbolMemory {
  readonly address: bigint;
  /** The bytes in ascending order of their virtual addresses; pages need not be neighbours. */
  readonly physical: readonly { readonly start: bigint; readonly end: bigint }[];
}

/** Longer tables are cut: the last symbol of a section would claim everything behind it. */
const LONGEST = 0x1_0000n;
const PAGE = 0x1000n;

/** Undefined when the kernel has no such symbol, or its memory is not mapped. */
export function symbolMemory(kernel: LinuxKernel, name: string): SymbolMemory | undefined {
  const address = kernel.address(name);
  if (address === undefined) return undefined;
  let end = address + LONGEST;
  for (const symbol of kernel.profile.symbols.symbols()) {
    if (symbol.address > address && symbol.address < end) end = symbol.address;
  }
  const physical: { start: bigint; end: bigint }[] = [];
  for (let at = address; at < end; at = (at / PAGE + 1n) * PAGE) {
    const place = kernel.space.translate(at);
    if (place.kind !== 'mapped') break;
    const length = (at / PAGE + 1n) * PAGE - at;
    const start = BigInt(place.physical);
    physical.push({ start, end: start + (at + length < end ? length : end - at) });
  }
  return physical.length === 0 ? undefined : { address, physical };
}
