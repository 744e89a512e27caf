/** Names kernel addresses: `do_sys_open+0x10`, `ext4_file_open+0x4 [ext4]`, and which module an address lies in. */
import type { LinuxKernel } from './kernel.js';
import { type ModuleSymbol, moduleRegions, moduleSymbols, modules, moduleText } from './modules.js';

/** A listed module with its memory, ready to be searched. */
export interface LoadedModule {
  readonly name: string;
  readonly address: bigint;
  readonly regions: readonly { readonly base: bigint; readonly end: bigint }[];
  /** Its functions; undefined when the kernel does not say where they end. */
  readonly text: { readonly base: bigint; readonly end: bigint } | undefined;
  /** By address, ascending; read when first asked for. */
  symbols(): readonly ModuleSymbol[];
}

const MODULES = Symbol('loaded modules');

/** The modules on the kernel's list with their regions; read once a kernel. */
export function loadedModules(kernel: LinuxKernel): readonly LoadedModule[] {
  return kernel.memo(MODULES, () =>
    [...modules(kernel)].map((module) => {
      let symbols: readonly ModuleSymbol[] | undefined;
      return {
        name: module.text('name') ?? '?',
        address: module.address,
        regions: moduleRegions(module).map(({ base, size }) => ({ base, end: base + BigInt(size) })),
        text: moduleText(module),
        symbols: () => {
          symbols ??= [...moduleSymbols(kernel, module)].sort((a, b) => Number(a.address - b.address));
          return symbols;
        },
      };
    }),
  );
}

/** The listed module whose memory holds `address`. */
export function moduleAt(kernel: LinuxKernel, address: bigint): LoadedModule | undefined {
  return loadedModules(kernel).find(({ regions }) => regions.some(({ base, end }) => address >= base && address < end));
}

/** What an address in kernel space belongs to. */
export interface KernelPlace {
  /** The symbol at or before the address; undefined in memory without symbols. */
  readonly symbol: string | undefined;
  readonly offset: number;
  /** The module's name; undefined inside the kernel image. */
  readonly module: string | undefined;
}

/** Finds what `address` belongs to: the kernel image or a listed module; undefined for everything else. */
export function placeOf(kernel: LinuxKernel, address: bigint): KernelPlace | undefined {
  if (inKernelImage(kernel, address)) {
    const hit = kernel.profile.symbols.nearest(address);
    return { symbol: hit?.symbol.name, offset: hit?.offset ?? 0, module: undefined };
  }
  const module = moduleAt(kernel, address);
  if (module === undefined) return undefined;
  const symbol = lastAtOrBefore(module.symbols(), address);
  return {
    symbol: symbol?.name,
    offset: symbol === undefined ? 0 : Number(address - symbol.address),
    module: module.name,
  };
}

/** `symbol+0x10 [module]` for an address; undefined for what belongs to nothing known. */
export function symbolize(kernel: LinuxKernel, address: bigint): string | undefined {
  const place = placeOf(kernel, address);
  if (place === undefined) return undefined;
  const offset = place.offset === 0 ? '' : `+0x${place.offset.toString(16)}`;
  const name = place.symbol === undefined ? '?' : `${place.symbol}${offset}`;
  return place.module === undefined ? name : `${name} [${place.module}]`;
}

/** True for addresses of the kernel image, from its first byte of text to `_end`. */
export function inKernelImage(kernel: LinuxKernel, address: bigint): boolean {
  const start = kernel.address('_stext') ?? kernel.address('_text');
  const end = kernel.address('_end') ?? kernel.address('__bss_stop');
  return start !== undefined && end !== undefined && address >= start && address < end;
}

/** True for kernel text proper: where handlers of an honest kernel lie. Init text counts only where it is still mapped. */
export function inKernelText(kernel: LinuxKernel, address: bigint): boolean {
  const start = kernel.address('_stext');
  const end = kernel.address('_etext');
  return start !== undefined && end !== undefined && address >= start && address < end;
}

/**
 * True for text of the kernel and of listed modules. What page tables let be executed is more than that where there is no
 * NX: i386 without it maps all of the kernel's data so.
 */
export function inText(kernel: LinuxKernel, address: bigint): boolean {
  if (inKernelText(kernel, address)) return true;
  const text = moduleAt(kernel, address)?.text;
  return text !== undefined && address >= text.base && address < text.end;
}

function lastAtOrBefore(symbols: readonly ModuleSymbol[], address: bigint): ModuleSymbol | undefined {
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (symbols[middle]!.address <= address) low = middle + 1;
    else high = middle;
  }
  return symbols[low - 1];
}
