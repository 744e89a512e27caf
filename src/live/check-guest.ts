/** Looks whether a guest can be booted: everything that its file names is there and is what it is meant to be. */
import { UserError } from '../core/errors.js';
import { planBoot } from '../emulator/machine/boot/plan-boot.js';
import { Machine } from '../emulator/machine/machine.js';
import { DiskFile } from '../emulator-host/disk-file.js';
import { loadKernelDecompressors } from '../emulator-host/kernel-decompressors.js';
import { readWholeFile } from '../formats/sources/read-whole-file.js';
import type { GuestFile } from '../guests/guest-file.js';

export interface GuestCheck {
  /** `kernel`, `initrd`, `disk`. */
  readonly part: string;
  readonly file: string;
  /** What was found out about it; undefined when there is something wrong. */
  readonly is: string | undefined;
  /** What is wrong; undefined when nothing is. */
  readonly problem: string | undefined;
}

/** Checks every part; the kernel is unpacked and placed as for a boot. */
export async function checkGuest(guest: GuestFile): Promise<GuestCheck[]> {
  const checks: GuestCheck[] = [];
  const check = (part: string, file: string, action: () => string) => {
    try {
      checks.push({ part, file, is: action(), problem: undefined });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      checks.push({ part, file, is: undefined, problem: error.message });
    }
  };
  let initrd: Uint8Array | undefined;
  if (guest.initrd !== undefined) {
    const path = guest.initrd;
    check('initrd', path, () => {
      initrd = readWholeFile(path);
      return `${initrd.length} bytes`;
    });
  }
  const decompressors = await loadKernelDecompressors();
  check('kernel', guest.kernel, () => {
    const machine = new Machine({ ramBytes: guest.memory, cpu: guest.cpu });
    const files = {
      kernel: readWholeFile(guest.kernel),
      ...(initrd === undefined ? {} : { initrd }),
      commandLine: guest.append ?? '',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    };
    return `booted by ${planBoot(files, decompressors).protocol}`;
  });
  for (const path of guest.disks ?? []) {
    check('disk', path, () => {
      const disk = new DiskFile(path);
      disk.close();
      return `${disk.size} bytes`;
    });
  }
  return checks;
}
