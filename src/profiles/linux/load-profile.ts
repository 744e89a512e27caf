/**
 * The one entrance to what is known about the Linux kernel of an image: its location, types and symbols.
 */
import type { Btf } from '../../formats/btf/btf.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { BlobCache } from '../cache/blob-cache.js';
import { combineSymbols } from '../combine-symbols.js';
import type { ProfileOptions } from '../profile-options.js';
import type { SearchEffort } from '../search-effort.js';
import type { Profile } from '../types.js';
import { type FoundKernel, findKernel } from './find-linux-kernel.js';
import { recallKernel, rememberKernel } from './kernel-cache.js';
import { KernelImage } from './kernel-image.js';
import { loadExports, loadKallsyms, loadSymbols } from './load-symbols.js';
import { guessTypes, loadTypes } from './load-types.js';
import { imageSlide, type LinuxKernelLocation, pointerSizeOf } from './location.js';

export interface LoadedLinuxProfile {
  readonly location: LinuxKernelLocation;
  readonly profile: Profile;
  /** The kernel's own BTF, the base of its modules' split BTF; undefined when the types came from elsewhere. Read when asked for. */
  readonly btf: Btf | undefined;
}

/**
 * Finds the kernel and builds its profile; undefined when there is no Linux kernel to be found. What the profile does
 * not know is not an error here: `ProfileGap` says so when somebody needs it. Throws `UserError` when `profilePath`
 * cannot be used.
 * @param effort how hard to look; both unless told
 */
export function loadLinuxProfile(
  memory: PhysicalMemory,
  options: ProfileOptions = {},
  effort?: SearchEffort,
): LoadedLinuxProfile | undefined {
  const cache = options.cache === false ? undefined : new BlobCache();
  const found = locate(memory, cache, effort);
  if (found === undefined) return undefined;
  const { location, kallsyms } = found;
  const { architecture, banner, release } = location;
  const pointerSize = pointerSizeOf(architecture);
  const image = imageOf(memory, location);
  const own = loadSymbols(location, kallsyms);
  const loaded = loadTypes(image, location, own.symbols, options.profilePath, cache);
  const parts = [own.symbols, ...(loaded?.symbols === undefined ? [] : [loaded.symbols])];
  // Without KALLSYMS_ALL kallsyms has functions only; then the export table is worth its search.
  const known = combineSymbols(...parts);
  const exported = known.address('init_task') === undefined ? loadExports(image, location, known) : undefined;
  if (exported !== undefined) parts.push(exported.symbols);
  const {
    types,
    btf,
    symbols: guessed,
    sources,
    gaps,
    remember,
  } = loaded ?? guessTypes(image, location, combineSymbols(...parts));
  if (loaded === undefined && guessed !== undefined) parts.push(guessed);
  const profile: Profile = {
    os: 'linux',
    pointerSize,
    banner,
    release,
    types,
    symbols: combineSymbols(...parts),
    sources: [...own.sources, ...(exported?.sources ?? []), ...sources],
    ...(gaps === undefined ? {} : { gaps }),
    ...(remember === undefined ? {} : { remember }),
  };
  return {
    location,
    profile,
    get btf() {
      return btf?.();
    },
  };
}

/** The kernel and its symbol table, from the cache when it has them. */
function locate(
  memory: PhysicalMemory,
  cache: BlobCache | undefined,
  effort: SearchEffort | undefined,
): FoundKernel | undefined {
  const remembered = cache && recallKernel(memory, cache);
  if (remembered !== undefined) return remembered;
  const found = findKernel(memory, effort);
  if (found === undefined) return undefined;
  const { location } = found;
  const kallsyms = found.kallsyms ?? loadKallsyms(imageOf(memory, location), location);
  if (cache !== undefined && kallsyms !== undefined) rememberKernel(memory, { location, kallsyms }, cache);
  return { location, kallsyms };
}

function imageOf(memory: PhysicalMemory, { architecture, physBase }: LinuxKernelLocation): KernelImage {
  return new KernelImage(memory, pointerSizeOf(architecture), imageSlide(architecture, physBase));
}
