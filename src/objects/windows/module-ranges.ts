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

export interface CodePlace {
  /** Kernel module that it lies in; undefined outside of all. */
  readonly module: string | undefined;
  /** Name of the routine that begins there, where its symbol is known. */
  readonly symbol: string | undefined;
}

/** Whose code begins at `address`. */
export function codeAt(kernel: WindowsKernel, address: bigint): CodePlace {
  const nearest = kernel.profile.symbols.nearest(address);
  const symbol = nearest?.offset === 0 ? nearest.symbol.name : undefined;
  return { module: moduleAt(kernel, address), symbol };
}

function* readRanges(kernel: WindowsKernel): Generator<Range> {
  for (const module of kernelModules(kernel)) {
    const { name, base, size } = moduleFacts(module);
    if (base !== undefined && size !== undefined) yield { name, base, end: base + BigInt(size) };
  }
}
