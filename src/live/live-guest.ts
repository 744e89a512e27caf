/** A guest that runs in the embedded emulator: booted from its guest file, run from moment to moment, looked into. */
import { readFileSync } from 'node:fs';
import { Image } from '../analysis/image.js';
import { UserError } from '../core/errors.js';
import { planBoot } from '../emulator/machine/boot/plan-boot.js';
import { Machine } from '../emulator/machine/machine.js';
import type { Outcome, RunUntil } from '../emulator/machine/outcome.js';
import { DiskFile } from '../emulator-host/disk-file.js';
import { loadKernelDecompressors } from '../emulator-host/kernel-decompressors.js';
import type { GuestFile } from '../guests/guest-file.js';
import { MachineMemory } from './machine-memory.js';

export class LiveGuest {
  readonly name: string;
  readonly machine: Machine;
  /** The guest's memory, as it stands between two runs. */
  readonly memory: MachineMemory;

  private constructor(name: string, machine: Machine) {
    this.name = name;
    this.machine = machine;
    this.memory = new MachineMemory(machine);
  }

  /**
   * Boots the guest; it has not run an instruction yet.
   * @param console is told each byte that the guest prints on its first serial port
   * @throws UserError when its files cannot be read or are no kernel
   */
  static async boot(guest: GuestFile, console: (byte: number) => void): Promise<LiveGuest> {
    const disks = (guest.disks ?? []).map((path) => new DiskFile(path));
    const machine = new Machine(
      { ramBytes: guest.memory, cpu: guest.cpu, disks },
      {
        serial: (port, byte) => {
          if (port === 0) console(byte);
        },
      },
    );
    const files = {
      kernel: load(guest.kernel),
      ...(guest.initrd === undefined ? {} : { initrd: load(guest.initrd) }),
      commandLine: guest.append ?? '',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    };
    machine.boot(planBoot(files, await loadKernelDecompressors()));
    return new LiveGuest(guest.name, machine);
  }

  run(until: RunUntil): Outcome {
    return this.machine.run(until);
  }

  /** The machine as it stands, for analysis; holds until it runs on. */
  image(): Image {
    return new Image(`live:${this.name}`, this.memory, { cache: false });
  }
}

function load(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`, 'check the guest file');
  }
}
