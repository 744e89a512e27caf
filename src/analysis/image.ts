/**
 * An opened image: physical memory, and the kernel that was found in it.
 *
 * The one door to analysis for the command line, for library users and for snapshots: whoever has a `PhysicalMemory`
 * has an `Image`. It does not know files.
 */
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { LinuxKernel } from '../objects/linux/kernel.js';
import { loadLinuxProfile } from '../profiles/linux/load-profile.js';

export interface ImageOptions {
  /** A symbol file (ISF JSON) to use instead of what the image says about itself. */
  readonly profile?: string | undefined;
  /** Keep and use what was derived from an image before (default true). */
  readonly cache?: boolean;
}

export class Image {
  /** What messages call it: the path or the snapshot's name. */
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly #options: ImageOptions;
  #linux: LinuxKernel | null | undefined;

  constructor(name: string, memory: PhysicalMemory, options: ImageOptions = {}) {
    this.name = name;
    this.memory = memory;
    this.#options = options;
  }

  /** The Linux kernel in this image; undefined when there is none to be found. */
  get linux(): LinuxKernel | undefined {
    if (this.#linux === undefined) {
      const found = loadLinuxProfile(this.memory, {
        profilePath: this.#options.profile,
        cache: this.#options.cache ?? true,
      });
      this.#linux = found === undefined ? null : new LinuxKernel(this.memory, found.location, found.profile);
    }
    return this.#linux ?? undefined;
  }

  /** The operating system found; undefined when none was. */
  get os(): 'linux' | undefined {
    return this.linux === undefined ? undefined : 'linux';
  }

  /** The Linux kernel, or a `UserError` that says that none was found. */
  requireLinux(): LinuxKernel {
    const kernel = this.linux;
    if (kernel !== undefined) return kernel;
    throw new UserError(
      `no Linux kernel was found in ${this.name}`,
      'check with `memlapse info` what the image holds, or give a profile with --profile FILE',
    );
  }

  close(): void {
    this.memory.close();
  }
}
