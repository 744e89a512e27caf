/**
 * A guest in the embedded emulator: booted from its guest file or brought back from a snapshot, run from moment to
 * moment, looked into. When to stop and what to do then is the business of `guest-run.ts`.
 */
import { existsSync } from 'node:fs';
import { Image } from '../analysis/image.js';
import { PAGE_SIZE } from '../core/address.js';
import { useCompilerFlags } from '../core/compiler-flags.js';
import { planBoot } from '../emulator/machine/boot/plan-boot.js';
import { Machine } from '../emulator/machine/machine.js';
import type { Outcome, RunUntil } from '../emulator/machine/outcome.js';
import { yieldToGuest } from '../emulator-host/compiler-threads.js';
import { DiskFile } from '../emulator-host/disk-file.js';
import type { KeptCode } from '../emulator-host/kept-code/kept-code.js';
import { openKeptCode } from '../emulator-host/kept-code/open-kept-code.js';
import { loadKernelDecompressors } from '../emulator-host/kernel-decompressors.js';
import { preparedHandlers } from '../emulator-host/prepared-handlers.js';
import { readWholeFile } from '../formats/sources/read-whole-file.js';
import type { GuestFile } from '../guests/guest-file.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import { BlobCache } from '../profiles/cache/blob-cache.js';
import { copyMemory, MachineMemory } from './machine-memory.js';
import type { SavedGuest } from './saved-guest.js';

const ZEROS = Buffer.alloc(PAGE_SIZE);

export class LiveGuest {
  /** What it was made from; paths are absolute. */
  readonly guest: GuestFile;
  readonly machine: Machine;
  /** The guest's memory, as it stands between two runs. */
  readonly memory: MachineMemory;
  readonly #disks: readonly DiskFile[];
  readonly #code: KeptCode | undefined;
  #hasTaken = false;

  /** @param kernel the kernel's file, where it is there: code generated for it earlier is used */
  private constructor(guest: GuestFile, kernel: Uint8Array | undefined, console: (byte: number) => void) {
    this.guest = guest;
    useCompilerFlags();
    this.#code = kernel && openKeptCode(kernel, `${guest.cpu}`, new BlobCache());
    yieldToGuest();
    this.#disks = (guest.disks ?? []).map((path) => new DiskFile(path));
    this.machine = new Machine(
      { ramBytes: guest.memory, cpu: guest.cpu, disks: this.#disks, code: this.#code, handlers: preparedHandlers },
      {
        serial: (port, byte) => {
          if (port === 0) console(byte);
        },
      },
    );
    this.memory = new MachineMemory(this.machine);
  }

  /**
   * Boots the guest; it has not run an instruction yet.
   * @param console is told each byte that the guest prints on its first serial port
   * @throws UserError when its files cannot be read or are no kernel
   */
  static async boot(guest: GuestFile, console: (byte: number) => void): Promise<LiveGuest> {
    const kernel = readWholeFile(guest.kernel);
    const live = new LiveGuest(guest, kernel, console);
    const { machine } = live;
    const files = {
      kernel,
      ...(guest.initrd === undefined ? {} : { initrd: readWholeFile(guest.initrd) }),
      commandLine: guest.append ?? '',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    };
    machine.boot(planBoot(files, await loadKernelDecompressors(new BlobCache(), kernel)));
    return live;
  }

  /**
   * The guest as it was at a snapshot, ready to run on.
   * @throws UserError when the state is not one that this version reads
   */
  static resume({ guest, state }: SavedGuest, memory: PhysicalMemory, console: (byte: number) => void): LiveGuest {
    const live = new LiveGuest(guest, existsSync(guest.kernel) ? readWholeFile(guest.kernel) : undefined, console);
    copyMemory(memory, live.machine);
    live.machine.restoreState(state);
    return live;
  }

  get name(): string {
    return this.guest.name;
  }

  run(until: RunUntil): Outcome {
    return this.machine.run(until);
  }

  /**
   * Page frames that were written to since the last call, ascending; `all`: all that may not be zero. What is given out
   * counts as taken.
   */
  takeFrames(all: boolean): Uint32Array {
    const dirty = this.machine.takeDirtyPages();
    // Memory is zero at power-on, and what a snapshot brings back is written, too.
    if (!all || !this.#hasTaken) {
      this.#hasTaken = true;
      return dirty;
    }
    const frames: number[] = [];
    for (let frame = 0; frame < this.machine.ramBytes / PAGE_SIZE; frame++) {
      if (!ZEROS.equals(this.memory.page(frame) as Uint8Array)) frames.push(frame);
    }
    return Uint32Array.from(frames);
  }

  /** The machine as it stands, for analysis; holds until it runs on. */
  image(): Image {
    return new Image(`live:${this.name}`, this.memory, { cache: false });
  }

  /** Gives the files of its disks back, and keeps the code that was generated. */
  close(): void {
    this.#code?.save();
    for (const disk of this.#disks) disk.close();
  }
}
