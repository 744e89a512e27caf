/**
 * What a Windows crash dump says beside memory: why the machine stopped, where its lists begin, and, in the smallest
 * dumps, the loaded drivers and pieces of virtual memory.
 *
 * Facts as the file has them. Physical memory, where there is any, is `PhysicalMemory`'s as in every other format.
 */
import type { VirtualAddress } from '../core/address.js';

/** A driver that was loaded when the dump was written. */
export interface DumpedDriver {
  /** As the loader knew it: `\SystemRoot\system32\ntoskrnl.exe`. */
  readonly path: string;
  readonly base: VirtualAddress;
  readonly size: number;
  /** Of its PE header; seconds since 1970, or a hash in reproducible builds. */
  readonly timestamp: number;
  readonly checksum: number;
}

export interface UnloadedDriver {
  /** At most 12 characters are kept. */
  readonly name: string;
  readonly start: VirtualAddress;
  readonly end: VirtualAddress;
}

/** Bytes at a virtual address that a triage dump carries. */
export interface DumpedBlock {
  readonly address: VirtualAddress;
  readonly size: number;
}

export interface WindowsDump {
  /** What was written: `full`, `bitmap full`, `bitmap kernel`, `triage`, … */
  readonly kind: string;
  readonly pointerSize: 4 | 8;
  readonly build: number;
  /** IMAGE_FILE_MACHINE_…: 0x14c, 0x8664. */
  readonly machine: number;
  readonly processors: number;
  readonly bugCheck: { readonly code: number; readonly parameters: readonly bigint[] };
  readonly directoryTableBase: bigint;
  readonly pfnDatabase: VirtualAddress;
  readonly loadedModuleList: VirtualAddress;
  readonly activeProcessHead: VirtualAddress;
  readonly debuggerData: VirtualAddress;
  readonly exception: { readonly code: number; readonly address: VirtualAddress };
  /** Nanoseconds since 1970. */
  readonly systemTime: bigint | undefined;
  /** Nanoseconds since boot. */
  readonly upTime: bigint | undefined;
  /** Registers of the processor that stopped the machine: `rip`, `rsp`, … */
  readonly context: ReadonlyMap<string, bigint>;
  /** The parts that only triage dumps have. */
  readonly triage?: TriageParts;
}

export interface TriageParts {
  readonly drivers: readonly DumpedDriver[];
  readonly unloadedDrivers: readonly UnloadedDriver[];
  readonly blocks: readonly DumpedBlock[];
  /** The kernel stack of the thread that stopped the machine, from its top on. */
  readonly stack: { readonly address: VirtualAddress; readonly bytes: Uint8Array };
  /**
   * Copies of the kernel's own structures for the processor that stopped the machine (KPRCB), the process (EPROCESS) and
   * the thread (ETHREAD) that ran on it, each exactly as long as in this build; undefined when the file does not have them.
   */
  readonly structures:
    | { readonly processor: Uint8Array; readonly process: Uint8Array; readonly thread: Uint8Array }
    | undefined;
  /** Copies virtual memory from `address` into `target`; returns the length of the prefix that the dump has. */
  read(address: VirtualAddress, target: Uint8Array): number;
}
