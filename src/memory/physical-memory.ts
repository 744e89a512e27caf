/**
 * Guest-physical memory: what a dump file, a stored snapshot and a running machine have in common.
 *
 * It has no notion of virtual addresses, of an operating system, or of where its bytes come from.
 */
import type { PhysicalAddress } from '../core/address.js';
import type { WindowsDump } from './windows-dump.js';

/** A run of backed addresses: `start` inclusive, `end` exclusive, both multiples of the page size where the format allows. */
export interface PhysicalRange {
  readonly start: PhysicalAddress;
  readonly end: PhysicalAddress;
}

/** Processor registers that came with the image, one record a virtual processor. */
export interface ProcessorRegisters {
  readonly cr3: bigint;
  readonly rip?: bigint;
  readonly cr0?: bigint;
  readonly cr4?: bigint;
  /** IDTR base, where the format carries it. */
  readonly idt?: bigint;
  readonly gsBase?: bigint;
  readonly kernelGsBase?: bigint;
  /** All general registers by their 64-bit names (`rax` … `r15`, `rip`, `rflags`), where the format carries them. */
  readonly general?: Readonly<Record<string, bigint>>;
}

export interface PhysicalMemory {
  /** How a reader would say what this is: "raw", "LiME", "ELF core (QEMU)", "kdump (zlib)". */
  readonly format: string;
  /** Backed ranges, ascending and disjoint. Everything outside is a hole. */
  readonly ranges: readonly PhysicalRange[];
  /** One past the highest backed address. */
  readonly end: PhysicalAddress;
  /** Registers that came with the image; empty when the format carries none. */
  readonly registers: readonly ProcessorRegisters[];
  /** Text of a VMCOREINFO note in the container (kdump, ELF core), not the one inside guest memory. */
  readonly vmcoreinfo: string | undefined;
  /** What a Windows crash dump says beside memory. */
  readonly windowsDump?: WindowsDump | undefined;
  /** What the reader had to say: truncated at …, pages missing …; one sentence each. */
  readonly notes: readonly string[];
  /**
   * Copies from `address` into `target` and returns the length of the readable prefix: less than `target.length`
   * when a hole or a missing page begins inside. Never throws on guest damage.
   */
  read(address: PhysicalAddress, target: Uint8Array): number;
  /**
   * The 4096 bytes of page frame `frame` (address / 4096), or undefined when the page is not wholly there. The array
   * belongs to the memory and is only valid until the next call on it: read it, don't keep it.
   */
  page(frame: number): Uint8Array | undefined;
  /** Gives back file handles and caches. Reading afterwards is a bug. */
  close(): void;
}
