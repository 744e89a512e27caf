/** What `memlapse emulate` can be told, and what it reports. */
import { UsageError } from '../core/errors.js';
import type { JitStatistics } from '../emulator/jit/jit.js';
import type { BootProtocol } from '../emulator/machine/boot/plan-boot.js';
import type { CpuChoice } from '../emulator/machine/machine-config.js';
import type { Outcome } from '../emulator/machine/outcome.js';

export interface EmulateOptions {
  /** Paths. */
  readonly kernel: string;
  readonly initrd?: string;
  readonly disks?: readonly string[];
  /** The kernel command line. */
  readonly append?: string;
  readonly boot?: BootProtocol;
  readonly memoryBytes?: number;
  readonly cpu?: CpuChoice;
  /** Stops after so many retired instructions. */
  readonly icountLimit?: number;
  /** For each of the two ports: `stdio`, a file to write, or nothing. */
  readonly serial?: readonly ('stdio' | { readonly file: string } | undefined)[];
  /** Path of an expect/send script for the first port. */
  readonly script?: string;
  /** Translate hot code; true unless given. */
  readonly jit?: boolean;
  /** Plugs the device that test kernels look for. */
  readonly testDevice?: boolean;
  /** Ends with a digest of the machine. */
  readonly stateHash?: boolean;
}

export interface EmulateStatistics {
  readonly instructions: number;
  /** Guest seconds, idle ones included. */
  readonly guestSeconds: number;
  /** Wall-clock seconds of running, loading apart. */
  readonly seconds: number;
  readonly loadSeconds: number;
  /** Million instructions a wall-clock second. */
  readonly mips: number;
  readonly peakRssBytes: number;
  /** Of all instructions, how many ran in each tier: from 0 to 1. */
  readonly shares: { readonly interpreter: number; readonly translator: number };
  /** What the translator did, as it counts; absent without it. */
  readonly jit?: JitStatistics;
}

export interface EmulateResult {
  readonly outcome: Outcome | { readonly kind: 'panic' } | { readonly kind: 'script'; readonly waitingFor: string };
  readonly exitCode: 0 | 1;
  /** How the kernel was booted. */
  readonly protocol: string;
  readonly statistics: EmulateStatistics;
  readonly stateHash?: string;
}

const UNITS: Readonly<Record<string, number>> = { '': 2 ** 20, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** "256M", "1G", "512" (MiB). @throws UserError for anything else. */
export function parseMemorySize(text: string): number {
  const match = /^(\d+)([KMG]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) throw new UsageError(`'${text}' is no memory size`, 'write it as 256M or 1G');
  return Number(match[1]) * (UNITS[(match[2] as string).toUpperCase()] as number);
}
