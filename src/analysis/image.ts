/**
 * An opened image: physical memory, and the kernel that was found in it.
 *
 * The one door to analysis for the command line, for library users and for snapshots: whoever has a `PhysicalMemory`
 * has an `Image`. It does not know files.
 */
import { UserError } from '../core/errors.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { WindowsDump } from '../memory/windows-dump.js';
import type { GuestKernel } from '../objects/guest-kernel.js';
import type { LinuxKernel } from '../objects/linux/kernel.js';
import type { WindowsKernel } from '../objects/windows/kernel.js';
import type { ProfileOptions } from '../profiles/profile-options.js';
import { type FoundSystem, findSystem, type Kernels, type SystemName } from './systems.js';

/** What messages call the systems. */
const TITLES: Readonly<Record<SystemName, string>> = { linux: 'Linux', windows: 'Windows' };

export class Image {
  /** What messages call it: the path or the snapshot's name. */
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly #options: ProfileOptions;
  #detection: Promise<void> | undefined;
  #found: FoundSystem = {};
  #failure: UserError | undefined;

  constructor(name: string, memory: PhysicalMemory, options: ProfileOptions = {}) {
    this.name = name;
    this.memory = memory;
    this.#options = options;
  }

  /**
   * An image of the same machine at another moment, whose kernel is not looked for: it is where it was found in `other`
   * (`detect` has run), and no page that was looked at for that has changed. Without a Linux kernel there it is looked for.
   */
  static withKernelOf(other: Image, name: string, memory: PhysicalMemory): Image {
    const image = new Image(name, memory, other.#options);
    if (other.linux === undefined) return image;
    image.#detection = Promise.resolve();
    image.#found = { linux: other.linux.over(memory) };
    return image;
  }

  /** Looks for a kernel, once. Afterwards `os`, `kernel` and the kernel by name are known; finding none is no error here. */
  detect(): Promise<void> {
    this.#detection ??= this.#detect();
    return this.#detection;
  }

  async #detect(): Promise<void> {
    try {
      this.#found = await findSystem(this.memory, this.#options);
    } catch (error) {
      // No kernel is an answer; `requireKernel` gives the reason to whoever cannot do without one.
      if (!(error instanceof UserError)) throw error;
      this.#failure = error;
    }
  }

  /** The Linux kernel found by `detect`; undefined when there is none. */
  get linux(): LinuxKernel | undefined {
    return this.#found.linux;
  }

  /** The NT kernel found by `detect`; undefined when there is none. */
  get windows(): WindowsKernel | undefined {
    return this.#found.windows;
  }

  /** The kernel found by `detect`, whatever its system. */
  get kernel(): GuestKernel | undefined {
    return this.linux ?? this.windows;
  }

  /** The operating system found by `detect`. */
  get os(): SystemName | undefined {
    return this.kernel?.profile.os;
  }

  /** A Windows dump that has no physical memory, so that no kernel is to be found in it: a triage dump. */
  get dumpAlone(): WindowsDump | undefined {
    return this.memory.ranges.length === 0 ? this.memory.windowsDump : undefined;
  }

  /** The Linux kernel, or the `UserError` that says why there is none. */
  requireLinux(): Promise<LinuxKernel> {
    return this.#require('linux');
  }

  /** The NT kernel, or the `UserError` that says why there is none. */
  requireWindows(): Promise<WindowsKernel> {
    return this.#require('windows');
  }

  /** The kernel of any system, or the `UserError` that says why there is none. */
  async requireKernel(): Promise<GuestKernel> {
    await this.detect();
    if (this.kernel !== undefined) return this.kernel;
    throw this.#failure ?? new UserError(`no kernel was found in ${this.name}`, this.#alternative());
  }

  async #require<S extends SystemName>(system: S): Promise<Kernels[S]> {
    await this.detect();
    const kernel = this.#found[system];
    if (kernel !== undefined) return kernel;
    const other = this.os === undefined ? '' : `; it holds ${TITLES[this.os]}`;
    const message = `no ${TITLES[system]} kernel was found in ${this.name}${other}`;
    throw this.#failure ?? new UserError(message, this.#alternative());
  }

  /** What to do with a dump that has no memory to find a kernel in. */
  #alternative(): string | undefined {
    return this.dumpAlone === undefined
      ? undefined
      : 'pslist, threads, modules and crashinfo answer from what this dump holds: drivers, and the process and thread that crashed';
  }

  close(): void {
    this.kernel?.profile.remember?.();
    this.memory.close();
  }
}
