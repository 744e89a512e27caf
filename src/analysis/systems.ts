/**
 * The operating systems that are recognised, one row each: how their kernel is found in memory.
 *
 * A new system is a row here and a folder of plugins. What a row needs is loaded when its turn comes.
 */
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { LinuxKernel } from '../objects/linux/kernel.js';
import type { WindowsKernel } from '../objects/windows/kernel.js';
import type { ProfileOptions } from '../profiles/profile-options.js';
import { SEARCH_EFFORTS, type SearchEffort } from '../profiles/search-effort.js';

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
) => Promise<Kernels[S] | undefined>;

const FINDERS: { readonly [S in SystemName]: Finder<S> } = {
  linux: async (memory, options, effort) => {
    const [{ loadLinuxProfile }, { LinuxKernel }] = await Promise.all([
      import('../profiles/linux/load-profile.js'),
      import('../objects/linux/kernel.js'),
    ]);
    const found = loadLinuxProfile(memory, options, effort);
    return found && new LinuxKernel(memory, found.location, found.profile);
  },
  windows: async (memory, options, effort) => {
    const [{ loadWindowsProfile }, { WindowsKernel }] = await Promise.all([
      import('../profiles/windows/load-profile.js'),
      import('../objects/windows/kernel.js'),
    ]);
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
export async function findSystem(memory: PhysicalMemory, options: ProfileOptions): Promise<FoundSystem> {
  for (const effort of SEARCH_EFFORTS) {
    for (const [name, find] of Object.entries(FINDERS)) {
      const kernel = await find(memory, options, effort);
      if (kernel !== undefined) return { [name]: kernel };
    }
  }
  return {};
}
