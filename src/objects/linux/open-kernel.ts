/** Puts together what was found of a Linux kernel: its location, its profile, and the types of its modules. */
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { LoadedLinuxProfile } from '../../profiles/linux/load-profile.js';
import { LinuxKernel } from './kernel.js';
import { ModuleTypes } from './module-types.js';

/** The kernel, ready to be read. */
export function openLinuxKernel(memory: PhysicalMemory, { location, profile, btf }: LoadedLinuxProfile): LinuxKernel {
  if (btf === undefined) return new LinuxKernel(memory, location, profile);
  const types = new ModuleTypes(profile.types, btf, () => kernel);
  const kernel = new LinuxKernel(memory, location, { ...profile, types });
  return kernel;
}
