/**
 * An opened image: physical memory, and the kernel that was found in it.
 *
 * The one door to analysis for the command line, for library users and for snapshots: whoever has a `PhysicalMemory`
 * has an `Image`. It does not know files.
 */
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { LinuxKernel } from '../objects/linux/kernel.js';
import { type LinuxProfileOptions, loadLinuxProfile } from '../profiles/linux/load-profile.js';

export class Image {
  /** What messages call it: the path or the snapshot's name. */
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly #options: LinuxProfileOptions;
  #detection: Promise<void> | undefined;
  #linux: LinuxKernel | undefined;
  #failure: UserError | undefined;

  constructor(name: string, memory: PhysicalMemory, options: LinuxProfileOptions = {}) {
    this.name = name;
    this.memory = memory;
    this.#options = options;
  }

  /**
   * An image of the same machine at another moment, whose kernel is not looked for: it is where it was found in `other`
   * (`detect` has run), and no page that was looked at for that has changed.
   */
  static withKernelOf(other: Image, name: string, memory: PhysicalMemory): Image {
    const image = new Image(name, memory, other.#options);
    image.#detection = Promise.resolve();
    image.#linux = other.#linux?.over(memory);
    image.#failure = other.#failure;
    return image;
  }

  /** Looks for a kernel, once. Afterwards `linux` and `os` are known; finding none is no error here. */
  detect(): Promise<void> {
    this.#detection ??= this.#detect();
    return this.#detection;
  }

  async #detect(): Promise<void> {
    try {
      const found = loadLinuxProfile(this.memory, this.#options);
      if (found !== undefined) this.#linux = new LinuxKernel(this.memory, found.location, found.profile);
    } catch (error) {
      // No kernel is an answer; `requireLinux` gives the reason to whoever cannot do without one.
      if (!(error instanceof UserError)) throw error;
      this.#failure = error;
    }
  }

  /** The Linux kernel found by `detect`; undefined when there is none. */
  get linux(): LinuxKernel | undefined {
    return this.#linux;
  }

  /** The operating system found by `detect`. */
  get os(): 'linux' | undefined {
    return this.#linux === undefined ? undefined : 'linux';
  }

  /** The Linux kernel, or the `UserError` that says why there is none. */
  async requireLinux(): Promise<LinuxKernel> {
    await this.detect();
    if (this.#linux !== undefined) return this.#linux;
    throw this.#failure ?? new UserError(`no Linux kernel was found in ${this.name}`);
  }

  close(): void {
    this.memory.close();
  }
}
