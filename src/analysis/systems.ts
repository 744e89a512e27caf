/**
 * The operating systems that are recognised, one row each: how their kernel is found in memory.
 *
 * A new system is a row here and a folder of plugins.
 */
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { LinuxKernel } from '../objects/linux/kernel.js';
import { WindowsKernel } from '../objects/windows/kernel.js';
import { loadLinuxProfile } from '../profiles/linux/load-profile.js';
import type { ProfileOptions } from '../profiles/profile-options.js';
import { SEARCH_EFFORTS, type SearchEffort } from '../profiles/search-effort.js';
import { loadWindowsProfile } from '../profiles/windows/load-profile.js';

/** The systems, and the class of kernel that each one's plugins are given. */
export interface Kernels {
  linux: LinuxKernel;
  windows: WindowsKernel;
}

export type SystemName = keyof Kernels;

type Finder<S extends SystemName> = (
  memory: PhysicalMemory,
  options: ProfileOptions,
  effort: SearchEffort,
) => Kernels[S] | undefined;

const FINDERS: { readonly [S in SystemName]: Finder<S> } = {
  linux: (memory, options, effort) => {
    const found = loadLinuxProfile(memory, options, effort);
    return found && new LinuxKernel(memory, found.location, found.profile);
  },
  windows: (memory, options, effort) => {
    const found = loadWindowsProfile(memory, options, effort);
    return found && new WindowsKernel(memory, found);
  },
};

/** The system in an image: its kernel under its name. */
export type FoundSystem = { readonly [S in SystemName]?: Kernels[S] };

/**
 * Looks for each system, all of them quickly before any thoroughly. Empty when there is none.
 * @throws UserError when there is one, and its kernel cannot be used (a symbol file that does not fit)
 */
export function findSystem(memory: PhysicalMemory, options: ProfileOptions): FoundSystem {
  for (const effort of SEARCH_EFFORTS) {
    for (const [name, find] of Object.entries(FINDERS)) {
      const kernel = find(memory, options, effort);
      if (kernel !== undefined) return { [name]: kernel };
    }
  }
  return {};
}
