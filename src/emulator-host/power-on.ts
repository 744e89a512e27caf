/**
 * Makes the machine of a run and places its kernel. The files are held no longer than that: a kernel with its symbols is as
 * large as half of a guest's memory.
 *
 * It runs nothing: emulate.ts.
 */
import { readFileSync } from 'node:fs';
import { useCompilerFlags } from '../core/compiler-flags.js';
import { UserError } from '../core/errors.js';
import { planBoot } from '../emulator/machine/boot/plan-boot.js';
import { Machine, type MachineListeners } from '../emulator/machine/machine.js';
import type { Blobs } from './blobs.js';
import { yieldToGuest } from './compiler-threads.js';
import type { DiskFile } from './disk-file.js';
import type { EmulateOptions } from './emulate-options.js';
import type { KeptCode } from './kept-code/kept-code.js';
import { openKeptCode } from './kept-code/open-kept-code.js';
import { loadKernelDecompressors } from './kernel-decompressors.js';
import { preparedHandlers } from './prepared-handlers.js';

const DEFAULT_MEMORY = 256 * 2 ** 20;

/** What the machine is connected to. */
export interface Connections {
  readonly disks: readonly DiskFile[];
  readonly listeners: MachineListeners;
  /** Where generated code is kept for the next run with this kernel. */
  readonly blobs: Blobs | undefined;
}

export interface PoweredOn {
  readonly machine: Machine;
  /** To be saved after the run. */
  readonly code: KeptCode | undefined;
  /** How the kernel is booted: `BootPlan.protocol`. */
  readonly protocol: string;
}

/** The bytes of a file that the user named. @throws UserError when it cannot be read. */
export function load(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UserError(`cannot read the ${what} ${path}: ${(cause as Error).message}`, 'check the path');
  }
}

/**
 * A machine that has not run an instruction yet.
 * @throws UserError for files, kernels and settings that cannot work.
 */
export async function powerOn(options: EmulateOptions, { disks, listeners, blobs }: Connections): Promise<PoweredOn> {
  const kernel = load(options.kernel, 'kernel');
  useCompilerFlags();
  const code = blobs && openKeptCode(kernel, `${options.cpu ?? 64}`, blobs);
  yieldToGuest();
  const machine = new Machine(
    {
      ramBytes: options.memoryBytes ?? DEFAULT_MEMORY,
      disks,
      code,
      handlers: preparedHandlers,
      ...(options.cpu !== undefined && { cpu: options.cpu }),
      ...(options.jit !== undefined && { jit: options.jit }),
      ...(options.testDevice && { testDevice: true }),
    },
    listeners,
  );
  const plan = planBoot(
    {
      kernel,
      ...(options.initrd !== undefined && { initrd: load(options.initrd, 'initrd') }),
      commandLine: options.append ?? '',
      ramBytes: machine.ramBytes,
      rsdp: machine.rsdp,
    },
    await loadKernelDecompressors(blobs, kernel),
    options.boot,
  );
  machine.boot(plan);
  return { machine, code, protocol: plan.protocol };
}
