/** What a machine is made of. Together with the boot plan and the input log it determines a run. */
import { UserError } from '../../core/errors.js';
import { createProcessor } from '../cpu/create-processor.js';
import type { Bus, Processor } from '../cpu/processor.js';
import type { BlockSource } from '../devices/disk/disk-image.js';
import type { EventSource } from '../events/event-hub.js';
import type { MachineEvent } from '../events/event-kinds.js';
import type { PreparedHandlers } from '../interpreter/prepared-handlers.js';
import type { CodeStore } from '../jit/code-store.js';
import type { JitStatistics } from '../jit/jit.js';
import { MIB, RAM_LEAST, RAM_MOST } from './memory-map.js';

/** What the machine needs of a processor beside the seam. */
export interface GuestProcessor extends Processor {
  getRegister(name: string): bigint;
  /** What the translator did, where there is one. */
  readonly jitStatistics?: JitStatistics | undefined;
  readonly events: EventSource;
  /** Where the last `run` stopped, when it came back with 'events'. */
  readonly stopEvent: MachineEvent | undefined;
}

/** Makes the processor; replaced by tests. */
export type ProcessorFactory = (options: {
  readonly bus: Bus;
  readonly ramBytes: number;
  readonly model: string;
  readonly jit: boolean;
  readonly code?: CodeStore | undefined;
  readonly handlers?: PreparedHandlers | undefined;
}) => GuestProcessor;

export type CpuChoice = 64 | 32 | 'max';

export interface MachineConfig {
  /** A multiple of 1 MiB, 8 MiB to 3 GiB. */
  readonly ramBytes: number;
  /** 64: x86-64; 32: a Pentium III-like processor; 'max': x86-64 with every extension there is, for tests of them. */
  readonly cpu?: CpuChoice;
  /** The clock at power-on, seconds since 1970; 2024-01-01 unless given, so that runs repeat. */
  readonly startSeconds?: number;
  /** Raw images; the guest's writes stay in the machine. */
  readonly disks?: readonly BlockSource[];
  /** Seed of the random words that the guest draws. */
  readonly entropySeed?: bigint;
  /** Translate hot code; true unless given. The guest cannot tell. */
  readonly jit?: boolean;
  /** Generated code of earlier runs, and where that of this one goes; none unless given. The guest cannot tell. */
  readonly code?: CodeStore | undefined;
  /** The interpreter's handlers as they were generated ahead of time; it generates its own unless given. */
  readonly handlers?: PreparedHandlers | undefined;
  /** Plugs the device that test kernels look for (devices/ports/test-device.ts); false unless given. */
  readonly testDevice?: boolean;
  readonly createProcessor?: ProcessorFactory;
}

const DEFAULT_START = 1_704_067_200;
const DEFAULT_SEED = 0x6d65_6d6c_6170_7365n;

const MODEL_NAMES = { 64: 'memlapse64', 32: 'pentium3', max: 'memlapse64-max' } as const;

export interface ResolvedConfig extends Required<Omit<MachineConfig, 'cpu' | 'code' | 'handlers'>> {
  readonly code: CodeStore | undefined;
  readonly handlers: PreparedHandlers | undefined;
  readonly model: string;
}

/** Fills in what was left out. @throws UserError for sizes that no machine can have. */
export function resolveConfig(config: MachineConfig): ResolvedConfig {
  const { ramBytes } = config;
  if (!Number.isInteger(ramBytes / MIB) || ramBytes < RAM_LEAST || ramBytes > RAM_MOST) {
    throw new UserError(
      `a guest cannot have ${ramBytes} bytes of memory`,
      `use whole MiB from ${RAM_LEAST / MIB}M to ${RAM_MOST / MIB}M`,
    );
  }
  return {
    ramBytes,
    model: MODEL_NAMES[config.cpu ?? 64],
    startSeconds: config.startSeconds ?? DEFAULT_START,
    disks: config.disks ?? [],
    entropySeed: config.entropySeed ?? DEFAULT_SEED,
    jit: config.jit ?? true,
    code: config.code,
    handlers: config.handlers,
    testDevice: config.testDevice ?? false,
    createProcessor: config.createProcessor ?? createProcessor,
  };
}
