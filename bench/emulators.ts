/** The emulators that are measured: how each is started on the same files, and what it needs to be there. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unpackPayload } from '../src/emulator/machine/boot/kernel-payload.js';
import { readLinuxSetup } from '../src/emulator/machine/boot/linux-setup.js';
import { loadKernelDecompressors } from '../src/emulator-host/kernel-decompressors.js';
import type { Command } from './measure.js';

export interface GuestFiles {
  readonly kernel: string;
  readonly initrd: string;
  readonly bits: 32 | 64;
  /** Boot protocol, as `memlapse emulate --boot` names it. */
  readonly boot: 'pvh' | 'linux';
}

export interface Emulator {
  readonly name: string;
  /** Why it cannot be measured, or undefined when it can. */
  missing(): string | undefined;
  /** Runs before the measured ones, for what it keeps between runs. */
  readonly warmUps?: number;
  /** @param folder for whatever it keeps */
  command(guest: GuestFiles, append: string, folder: string): Command;
}

const QEMU = 'qemu-system-x86_64';
const SEABIOS = '/usr/share/seabios';
const here = (path: string): string => resolve(import.meta.dirname, path);

/** @param cache where generated code is kept; empty for nowhere */
const memlapse = ({ kernel, initrd, bits, boot }: GuestFiles, append: string, cache: string): Command => ({
  argv: [
    process.execPath, here('../bin/run.js'), 'emulate', '--kernel', kernel, '--initrd', initrd, '--append', append,
    '--memory', '256M', '--cpu', `${bits}`, '--boot', boot,
  ], // biome-ignore format: a command line
  env: { MEMLAPSE_CACHE: cache },
});

export const EMULATORS: readonly Emulator[] = [
  {
    name: 'memlapse',
    missing: () => undefined,
    warmUps: 6,
    command: (guest, append, folder) => memlapse(guest, append, join(folder, 'cache')),
  },
  {
    name: 'memlapse, first boot',
    missing: () => undefined,
    command: (guest, append) => memlapse(guest, append, ''),
  },
  {
    name: 'QEMU',
    missing: () => (spawnSync(QEMU, ['--version']).status === 0 ? undefined : `${QEMU} is not installed`),
    command: ({ kernel, initrd }, append) => ({
      argv: [
        QEMU, '-accel', 'tcg', '-nodefaults', '-display', 'none', '-m', '256', '-kernel', kernel, '-initrd', initrd,
        '-append', append, '-serial', 'stdio', '-serial', 'null', '-no-reboot',
      ], // biome-ignore format: a command line
    }),
  },
  {
    name: 'v86',
    missing: () => {
      if (!existsSync(here('../node_modules/v86'))) return 'the package v86 is not installed';
      return existsSync(join(SEABIOS, 'bios.bin')) ? undefined : "Debian's package seabios is not installed";
    },
    command: ({ kernel, initrd }, append) => ({
      argv: [process.execPath, '--import', 'tsx', here('v86-guest.ts'), SEABIOS, kernel, initrd, append],
    }),
  },
];

/** Writes the kernel inside a bzImage to a file, for those who cannot unpack it themselves; returns its path. */
export async function unpackKernel(path: string, folder: string): Promise<string> {
  const unpacked = join(folder, 'vmlinux');
  writeFileSync(unpacked, unpackPayload(readLinuxSetup(readFileSync(path)).payload, await loadKernelDecompressors()));
  return unpacked;
}
