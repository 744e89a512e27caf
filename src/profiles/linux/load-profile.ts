/**
 * The one entrance to what is known about the Linux kernel of an image: its location, types and symbols.
 */
import type { Btf } from '../../formats/btf/btf.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { combineSymbols } from '../combine-symbols.js';
import type { Profile } from '../types.js';
import { findKernel } from './find-linux-kernel.js';
import { KernelImage } from './kernel-image.js';
import { loadExports, loadSymbols } from './load-symbols.js';
import { loadTypes } from './load-types.js';
import { imageSlide, type LinuxKernelLocation, pointerSizeOf } from './location.js';

export interface LinuxProfileOptions {
  /** Symbol file (ISF) to use instead of what the image says about its types. */
  readonly profilePath?: string | undefined;
  /** Use and fill the cache in the user's cache directory; default true. */
  readonly cache?: boolean;
}

export interface LoadedLinuxProfile {
  readonly location: LinuxKernelLocation;
  readonly profile: Profile;
  /** The kernel's own BTF, the base of its modules' split BTF; undefined when the types came from elsewhere. */
  readonly btf?: Btf | undefined;
}

/**
 * Finds the kernel and builds its profile; undefined when there is no Linux kernel to be found. What the profile does
 * not know is not an error here: `ProfileGap` says so when somebody needs it. Throws `UserError` when `profilePath`
 * cannot be used.
 */
export function loadLinuxProfile(
  memory: PhysicalMemory,
  options: LinuxProfileOptions = {},
): LoadedLinuxProfile | undefined {
  const found = findKernel(memory);
  if (found === undefined) return undefined;
  const { location } = found;
  const { architecture, banner, release } = location;
  const pointerSize = pointerSizeOf(architecture);
  const image = new KernelImage(memory, pointerSize, imageSlide(architecture, location.physBase));
  const own = loadSymbols(image, location, found.kallsyms);
  const { types, btf, symbols: added, sources } = loadTypes(image, location, own.symbols, options.profilePath);
  const parts = [own.symbols, ...(added === undefined ? [] : [added])];
  const known = combineSymbols(...parts);
  // Without KALLSYMS_ALL kallsyms has functions only; then the export table is worth its search.
  const exported = known.address('init_task') === undefined ? loadExports(image, location, known) : undefined;
  const symbols = exported === undefined ? known : combineSymbols(...parts, exported.symbols);
  const profile: Profile = {
    os: 'linux',
    pointerSize,
    banner,
    release,
    types,
    symbols,
    sources: [...own.sources, ...(exported?.sources ?? []), ...sources],
  };
  return { location, profile, btf };
}
