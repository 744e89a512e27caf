/** A machine with one of Debian's kernels and a root of ours, which names its kernel and powers off. */
import { readFileSync } from 'node:fs';
import { planBoot } from '../../../src/emulator/machine/boot/plan-boot.js';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { loadKernelDecompressors } from '../../../src/emulator-host/kernel-decompressors.js';
import { type DebianKernel, initialRoot } from '../../support/debian-kernel.js';

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox echo "=INIT=" $(/bin/busybox cat /proc/version)
/bin/busybox poweroff -f
`;

export const RAM = 128 << 20;

const decompressors = await loadKernelDecompressors();

export interface Booted {
  readonly machine: Machine;
  /** What the first serial port has printed. */
  readonly console: () => string;
}

/** Loads the kernel with its default command line; nothing has run yet. */
export function bootDebian(kernel: DebianKernel, { jit }: { jit: boolean }): Booted {
  const printed: number[] = [];
  const machine = new Machine(
    { ramBytes: RAM, jit, cpu: kernel.flavour === 'amd64' ? 64 : 32 },
    { serial: (port, byte) => void (port === 0 && printed.push(byte)) },
  );
  const plan = planBoot(
    {
      kernel: readFileSync(kernel.vmlinuz),
      initrd: initialRoot(kernel, INIT),
      commandLine: 'console=ttyS0 panic=-1',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    },
    decompressors,
  );
  machine.boot(plan);
  return { machine, console: () => Buffer.from(printed).toString('latin1') };
}
