/** Whose code an address in the kernel is. */
import type { WindowsKernel } from './kernel.js';
import { kernelModules, moduleFacts } from './loaded-modules.js';

interface Range {
  readonly name: string | undefined;
  readonly base: bigint;
  readonly end: bigint;
}

const RANGES = Symbol('ranges of kernel modules');

/** Name of the kernel module that contains `address`; undefined outside of all that are on the list. */
export function moduleAt(kernel: WindowsKernel, address: bigint): string | undefined {
  const ranges = kernel.memo(RANGES, () => [...readRanges(kernel)]);
  return ranges.find(({ base, end }) => address >= base && address < end)?.name;
}

function* readRanges(kernel: WindowsKernel): Generator<Range> {
  for (const module of kernelModules(kernel)) {
    const { name, base, size } = moduleFacts(module);
    if (base !== undefined && size !== undefined) yield { name, base, end: base + BigInt(size) };
  }
}
