/**
 * An image whose kernel was found before: damage is then met by the plugins, not by the search for the kernel, and a case
 * costs what the plugin costs.
 */
import { Image } from '../../src/analysis/image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { LinuxKernel } from '../../src/objects/linux/kernel.js';
import type { LoadedLinuxProfile } from '../../src/profiles/linux/load-profile.js';

export class PreparedImage extends Image {
  readonly #kernel: LinuxKernel;

  constructor(name: string, memory: PhysicalMemory, found: LoadedLinuxProfile) {
    super(name, memory);
    this.#kernel = new LinuxKernel(memory, found.location, found.profile);
  }

  override async detect(): Promise<void> {}

  override get linux(): LinuxKernel {
    return this.#kernel;
  }

  override get os(): 'linux' {
    return 'linux';
  }

  override async requireLinux(): Promise<LinuxKernel> {
    return this.#kernel;
  }
}
