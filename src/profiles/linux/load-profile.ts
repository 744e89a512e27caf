/**
 * The one entrance to what is known about the Linux kernel of an image: its location, types and symbols.
 */

import { UserError } from '../../core/errors.js';
import { Btf } from '../../formats/btf/btf.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import { combineSymbols } from '../combine-symbols.js';
import { SymbolList } from '../symbol-list.js';
import type { Profile, SymbolSource } from '../types.js';
import { findLinuxKernel, type LinuxKernelLocation } from './find-linux-kernel.js';
import { Kallsyms } from './kallsyms.js';
import { kallsymsLocation, readKallsyms } from './kallsyms-location.js';
import { KernelImage } from './kernel-image.js';
import type { VmcoreInfo } from './vmcoreinfo.js';

export interface LinuxProfileOptions {
  /** ISF file to use instead of what the image says about its types. */
  readonly profilePath?: string;
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

/** Finds the kernel and builds its profile. Throws `UserError` when there is no Linux kernel to be found. */
export async function loadLinuxProfile(
  memory: PhysicalMemory,
  _options: LinuxProfileOptions = {},
): Promise<LoadedLinuxProfile> {
  const location = findLinuxKernel(memory);
  if (location === undefined) throw new UserError('no Linux kernel found in this image');
  const image = new KernelImage(memory, location.pointerSize, location.imageSlide);
  const sources: string[] = [];
  const symbols = loadSymbols(image, location, sources);
  const btf = loadBtf(image, symbols);
  if (btf === undefined) throw new UserError('the image carries no BTF', 'give a profile with --profile');
  sources.push(`types: BTF in the image (${btf.typeCount} types)`);
  const types = new BtfTypeSource(btf, location.pointerSize);
  const { banner, release, pointerSize } = location;
  return { location, btf, profile: { os: 'linux', pointerSize, banner, release, types, symbols, sources } };
}

function loadSymbols(image: KernelImage, location: LinuxKernelLocation, sources: string[]): SymbolSource {
  const info = location.vmcoreinfo;
  const where = info === undefined ? undefined : kallsymsLocation(info);
  const tables = where === undefined ? undefined : readKallsyms(image, where);
  const parts: SymbolSource[] = [];
  if (tables !== undefined) {
    const kallsyms = new Kallsyms(tables);
    parts.push(kallsyms);
    sources.push(`symbols: kallsyms in the image (${kallsyms.size} symbols)`);
  }
  if (info !== undefined) parts.push(symbolsBeyond(info, parts));
  return combineSymbols(...parts);
}

/**
 * The symbols that VMCOREINFO adds to `known`: data symbols, where kallsyms has only functions. Its `mem_section` is
 * left out: SYMBOL_ARRAY prints what that pointer holds, not where it is.
 */
function symbolsBeyond(info: VmcoreInfo, known: readonly SymbolSource[]): SymbolSource {
  const added = [...info.symbols].filter(
    ([name]) => name !== 'mem_section' && !known.some((source) => source.address(name) !== undefined),
  );
  return new SymbolList(added.map(([name, address]) => ({ name, address })));
}

/** The kernel's BTF lies between two linker symbols. Copies elsewhere in memory may be stale, so they are not looked for. */
function loadBtf(image: KernelImage, symbols: SymbolSource): Btf | undefined {
  const start = symbols.address('__start_BTF');
  const stop = symbols.address('__stop_BTF');
  if (start === undefined || stop === undefined || stop <= start || stop - start > MAX_BTF) return undefined;
  return Btf.open(image.bytes(start, Number(stop - start)));
}
