/**
 * The seam between the processor (isa, decode, interpreter, jit, mmu) and the machine around it (devices, boot,
 * snapshots, replay). Either side can be replaced by a test double.
 *
 * No device knowledge here, and nothing of how instructions are executed.
 */

/** Why `run` came back. */
export type StopReason =
  /** `icount` reached the limit. */
  | 'limit'
  /** HLT (or MWAIT) with nothing pending; time may jump to the next event. */
  | 'halt'
  /** A device asked for a stop during an access (`requestStop`). */
  | 'requested'
  /** A fault while delivering a double fault; the processor is shut down until reset. */
  | 'triple-fault'
  /** A subscription to events stopped the run; see events/event-hub.ts. */
  | 'events';

/** What the processor asks of the machine. Addresses and values are unsigned numbers; `size` is 1, 2 or 4 bytes. */
export interface Bus {
  readPort(port: number, size: 1 | 2 | 4): number;
  writePort(port: number, size: 1 | 2 | 4, value: number): void;
  /** Accesses outside RAM (or in a device window). 8-byte accesses arrive as two of 4, low half first. */
  readPhysical(address: number, size: 1 | 2 | 4): number;
  writePhysical(address: number, size: 1 | 2 | 4, value: number): void;
  /** The vector of the interrupt that is acknowledged now, or -1 when the line was withdrawn (spurious). */
  acknowledgeInterrupt(): number;
  /** RDRAND/RDSEED and everything else that is not a function of the state: stamped into the input log by the machine. */
  randomWord(): bigint;
  /**
   * Model-specific registers that live in a device (IA32_APIC_BASE, IA32_TSC_DEADLINE): undefined when the machine has
   * no such register, and the processor decides (its own, or #GP).
   */
  readMsr(index: number): bigint | undefined;
  /** True: the device took it; false: not the machine's; 'fault': reserved bits, raise #GP(0). */
  writeMsr(index: number, value: bigint): boolean | 'fault';
  /** CR8 is the local APIC's task priority, bits 7:4 (SDM volume 3, 10.8.6). */
  readTaskPriority(): number;
  writeTaskPriority(value: number): void;
}

/** A segment register with its hidden part. `attributes` packs access rights as VMX does (SDM volume 3, table 24-2). */
export interface SegmentState {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** Bits 0-7 type, S, DPL, P; bits 12-15 AVL, L, D/B, G. */
  readonly attributes: number;
}

/** What a boot loader presets over the state after reset; a register that is not named keeps its reset value. */
export interface EntryState {
  /** By lower-case 64-bit name: rax … r15, rip, rflags. */
  readonly registers: Readonly<Record<string, bigint>>;
  /** By lower-case name: cr0, cr3, cr4, efer. */
  readonly control: Readonly<Record<string, bigint>>;
  /** By lower-case name: es, cs, ss, ds, fs, gs, ldtr, tr. */
  readonly segments: Readonly<Record<string, SegmentState>>;
  readonly gdt?: { readonly base: bigint; readonly limit: number };
  readonly idt?: { readonly base: bigint; readonly limit: number };
}

/** Everything the processor keeps apart from RAM: named fields and the version of their meaning. */
export interface SavedProcessor {
  readonly version: number;
  readonly fields: Readonly<Record<string, bigint | number | Uint8Array>>;
}

/** The guest processor. All state lives in its WebAssembly memory; this is its host face. */
export interface Processor {
  /** Guest RAM: a view into the WebAssembly memory; index = physical address. Writers call `noteWritten`. */
  readonly ram: Uint8Array;
  /** Retired instructions since power-on; exact (below 2^53). A `rep` iteration that is interrupted does not count. */
  icount: number;
  /** Level of the INTR input; sampled at instruction boundaries, deterministic in icount. */
  setInterruptLine(level: boolean): void;
  /** Edge of the NMI input. */
  raiseNmi(): void;
  /**
   * Runs until `icountLimit` or another reason to stop. The limit is exact: never a single instruction more, in any
   * tier.
   */
  run(icountLimit: number): StopReason;
  /** From a bus access: leave `run` after the current instruction. Also used when a device's next deadline moved closer. */
  requestStop(): void;
  /** The architectural reset (not a power cycle: RAM stays). */
  reset(): void;
  /** Host or device wrote RAM: drops code translated from these bytes and marks the pages dirty. */
  noteWritten(address: number, length: number): void;
  /**
   * Ticks that passed without instructions: in halts and in `spend`. The time-stamp counter reads `icount + idleTicks` plus what the
   * guest added to it. Set by the machine when time jumps; part of the machine's state, not of `saveState`.
   */
  idleTicks: number;
  /** From a bus access: it takes so many ticks. The limit of `run` comes nearer by as many instructions. */
  spend(ticks: number): void;
  /** Sets registers as a boot loader hands them over, right after `reset`. */
  enter(state: EntryState): void;
  saveState(): SavedProcessor;
  /** Takes a state back; throws `UserError` when the version or a field is unknown. Derived state is rebuilt. */
  restoreState(saved: SavedProcessor): void;
  /** Page frames written since the last call (or since power-on), ascending; clears the marks. */
  takeDirtyPages(): Uint32Array;
}
