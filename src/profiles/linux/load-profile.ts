/**
 * The one entrance to what is known about the Linux kernel of an image: its location, types and symbols.
 */
import { Btf } from '../../formats/btf/btf.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import { combineSymbols } from '../combine-symbols.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile, SymbolSource, TypeSource } from '../types.js';
import { findLinuxKernel } from './find-linux-kernel.js';
import { Kallsyms } from './kallsyms.js';
import { kallsymsLocation, readKallsyms } from './kallsyms-location.js';
import { KernelImage } from './kernel-image.js';
import { imageSlide, type LinuxKernelLocation, pointerSizeOf } from './location.js';
import { type VmcoreInfo, vmcoreSymbols } from './vmcoreinfo.js';

export interface LinuxProfileOptions {
  /** ISF file to use instead of what the image says about its types. */
  readonly profilePath?: string | undefined;
  /** Use and fill the cache in the user's cache directory; default true. */
  readonly cache?: boolean;
}

export interface LoadedLinuxProfile {
  readonly location: LinuxKernelLocation;
  readonly profile: Profile;
  /** The kernel's own BTF, the base of its modules' split BTF; undefined when the types came from elsewhere. */
  readonly btf?: Btf;
}

/** Larger than any kernel's BTF (6.12: 6 MB). */
const MAX_BTF = 64 * 1024 * 1024;

/**
 * Finds the kernel and builds its profile; undefined when there is no Linux kernel to be found. What the profile does
 * not know is not an error here: `ProfileGap` says so when somebody needs it. Throws `UserError` when `profilePath`
 * cannot be used.
 */
export function loadLinuxProfile(
  memory: PhysicalMemory,
  _options: LinuxProfileOptions = {},
): LoadedLinuxProfile | undefined {
  const location = findLinuxKernel(memory);
  if (location === undefined) return undefined;
  const { architecture, banner, release } = location;
  const pointerSize = pointerSizeOf(architecture);
  const image = new KernelImage(memory, pointerSize, imageSlide(architecture, location.physBase));
  const sources: string[] = [];
  const symbols = loadSymbols(image, location.vmcoreinfo, sources);
  const btf = loadBtf(image, symbols);
  let types: TypeSource = noTypes(pointerSize);
  if (btf !== undefined) {
    types = new BtfTypeSource(btf, pointerSize);
    sources.push(`types: BTF in the image (${btf.typeCount} types)`);
  }
  const profile: Profile = { os: 'linux', pointerSize, banner, release, types, symbols, sources };
  return { location, profile, ...(btf === undefined ? {} : { btf }) };
}

function noTypes(pointerSize: 4 | 8): TypeSource {
  return {
    pointerSize,
    struct: () => undefined,
    enum: () => undefined,
    structNames: () => [],
    enumNames: () => [],
  };
}

function loadSymbols(image: KernelImage, info: VmcoreInfo, sources: string[]): SymbolSource {
  const where = kallsymsLocation(info);
  const tables = where === undefined ? undefined : readKallsyms(image, where);
  const parts: SymbolSource[] = [];
  if (tables !== undefined) {
    const kallsyms = new Kallsyms(tables);
    parts.push(kallsyms);
    sources.push(`symbols: kallsyms in the image (${kallsyms.size} symbols)`);
  }
  parts.push(symbolsBeyond(info, parts));
  return combineSymbols(...parts);
}

/**
 * The symbols that VMCOREINFO adds to `known`: data symbols, where kallsyms has only functions. Its `mem_section` is
 * left out: SYMBOL_ARRAY prints what that pointer holds, not where it is.
 */
function symbolsBeyond(info: VmcoreInfo, known: readonly SymbolSource[]): SymbolSource {
  const added = [...vmcoreSymbols(info)].filter(
    ({ name }) => name !== 'mem_section' && !known.some((source) => source.address(name) !== undefined),
  );
  return new SymbolList(added);
}

/** The kernel's BTF lies between two linker symbols. Copies elsewhere in memory may be stale, so they are not looked for. */
function loadBtf(image: KernelImage, symbols: SymbolSource): Btf | undefined {
  const start = symbols.address('__start_BTF');
  const stop = symbols.address('__stop_BTF');
  if (start === undefined || stop === undefined || stop <= start || stop - start > MAX_BTF) return undefined;
  return Btf.open(image.bytes(start, Number(stop - start)));
}
