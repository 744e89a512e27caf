/**
 * An image whose kernel was found before: damage is then met by the plugins, not by the search for the kernel, and a case
 * costs what the plugin costs.
 */
import { Image } from '../../src/analysis/image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import type { LinuxKernel } from '../../src/objects/linux/kernel.js';
import type { WindowsKernel } from '../../src/objects/windows/kernel.js';

/** A kernel that was found, under its system's name. */
export type Found = { readonly linux: LinuxKernel } | { readonly windows: WindowsKernel };

export class PreparedImage extends Image {
  readonly #linux: LinuxKernel | undefined;
  readonly #windows: WindowsKernel | undefined;

  constructor(name: string, memory: PhysicalMemory, found: Found) {
    super(name, memory);
    this.#linux = 'linux' in found ? found.linux.over(memory) : undefined;
    this.#windows = 'windows' in found ? found.windows.over(memory) : undefined;
  }

  override async detect(): Promise<void> {}

  override get linux(): LinuxKernel | undefined {
    return this.#linux;
  }

  override get windows(): WindowsKernel | undefined {
    return this.#windows;
  }

  override async requireLinux(): Promise<LinuxKernel> {
    return this.#linux ?? super.requireLinux();
  }

  override async requireWindows(): Promise<WindowsKernel> {
    return this.#windows ?? super.requireWindows();
  }
}
