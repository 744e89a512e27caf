/**
 * The processor state as data: every field's name, type and place in WebAssembly memory. Generated code, helpers,
 * inspection and save/restore all read this one table.
 *
 * Derived and tier-private fields (TLB, decoded code, exit reason) are marked `derived`: they are rebuilt, not saved.
 */
import { STATE_BASE } from './memory-map.js';

export type FieldType = 'i32' | 'i64' | 'v128';

export interface StateField {
  readonly type: FieldType;
  /** Absolute byte address in WebAssembly memory. */
  readonly address: number;
  readonly derived: boolean;
}

/** General registers in encoding order (SDM volume 2, table 3-1). */
export const GPR_NAMES = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
] as const; // biome-ignore format: one row

/** Segment registers in encoding order, then the two system segments. */
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
export type SegmentName = (typeof SEGMENT_NAMES)[number];

/** Bytes of one segment register's hidden part; offsets below. */
export const SEGMENT_BYTES = 48;

/**
 * A segment register with its hidden part (SDM volume 3, 3.4.3). `readEnd`/`writeEnd` are derived: an access of
 * n bytes at offset o is allowed without a closer look when o + n <= end, unsigned.
 */
export const SEGMENT_OFFSETS = { base: 0, readEnd: 8, writeEnd: 16, selector: 24, limit: 28, attributes: 32 } as const;

const saved: readonly (readonly [string, FieldType])[] = [
  ...GPR_NAMES.map((name) => [name, 'i64'] as const),
  ['rip', 'i64'],
  ['flagsResult', 'i64'],
  ['flagsExtra', 'i64'],
  ['eflags', 'i32'],
  ['cpl', 'i32'],
  ['shadowUntil', 'i64'],
  ['icountBase', 'i64'],
  ['remaining', 'i32'],
  ['halted', 'i32'],
  ['nmiPending', 'i32'],
  ['nmiBlocked', 'i32'],
  ['interruptLine', 'i32'],
  ['shutdown', 'i32'],
  ['pendingDebug', 'i32'],
  ['cr0', 'i32'],
  ['cr4', 'i32'],
  ['cr2', 'i64'],
  ['cr3', 'i64'],
  ['xcr0', 'i32'],
  ['efer', 'i32'],
  ['gdtLimit', 'i32'],
  ['idtLimit', 'i32'],
  ['gdtBase', 'i64'],
  ['idtBase', 'i64'],
  ...Array.from({ length: 8 }, (_, i) => [`dr${i}`, 'i64'] as const),
  ['star', 'i64'],
  ['lstar', 'i64'],
  ['cstar', 'i64'],
  ['sfmask', 'i64'],
  ['kernelGsBase', 'i64'],
  ['sysenterCs', 'i64'],
  ['sysenterEsp', 'i64'],
  ['sysenterEip', 'i64'],
  ['tscAux', 'i64'],
  ['tscOffset', 'i64'],
  ['pat', 'i64'],
  ['miscEnable', 'i64'],
  ['mtrrDefType', 'i64'],
  ...Array.from({ length: 16 }, (_, i) => [`mtrrVar${i}`, 'i64'] as const),
  ...Array.from({ length: 11 }, (_, i) => [`mtrrFix${i}`, 'i64'] as const),
  // x87: physical registers (significand, sign and exponent); XMM; control and status words.
  ...Array.from({ length: 8 }, (_, i) => [`fpr${i}`, 'v128'] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, 'v128'] as const),
  ['fcw', 'i32'],
  ['fsw', 'i32'],
  ['ftop', 'i32'],
  // One bit a physical register: 1 = empty.
  ['fempty', 'i32'],
  ['mxcsr', 'i32'],
  ['fpuOpcode', 'i32'],
  ['fpuIp', 'i64'],
  ['fpuDp', 'i64'],
  ['fpuCs', 'i32'],
  ['fpuDs', 'i32'],
];

const derived: readonly (readonly [string, FieldType])[] = [
  // rip of the block that the interpreter runs; micro-ops hold offsets from it.
  ['blockRip', 'i64'],
  // RIP of the origin of the region that is entered.
  ['regionBase', 'i64'],
  // Where a region left before an instruction, and the operands of its pending flags; see jit/leave.ts.
  ['currentRegion', 'i32'],
  ['leaveNumber', 'i32'],
  // Instructions that regions retired; for statistics.
  ['translated', 'i64'],
  ['flagCode', 'i32'],
  ['leaveSlots', 'v128'],
  ['leaveSlots1', 'v128'],
  ['leaveSlots2', 'v128'],
  // Ticks that passed in halts, a copy of what the machine around the processor counts: RDTSC adds them.
  ['idleTicks', 'i64'],
  // (mode key << 48): xor-ed into rip for jump-cache tags.
  ['modeTag', 'i64'],
  ['modeKey', 'i32'],
  // Byte offset of the TLB in force: 0 supervisor, TLB_BYTES user.
  ['tlbOffset', 'i32'],
  // Nonzero: leave generated code at the next STI/POPF-like boundary (an interrupt waits).
  ['attention', 'i32'],
  // Nonzero when x87 / MMX / SSE instructions must trap (CR0.TS, EM, OSFXSR …); value = what to raise.
  ['x87Trap', 'i32'],
  ['mmxTrap', 'i32'],
  ['sseTrap', 'i32'],
  // One instruction is executed alone; device accesses and stores to code are allowed.
  ['stepping', 'i32'],
  // Instructions of the running block not yet retired, while a host helper runs; makes icount exact there.
  ['left', 'i32'],
  // Why generated code came back; see interpreter/exit-code.ts.
  ['exitCode', 'i32'],
  // Exception flags of the running instruction that are not yet in FSW (a store may still fault), or in MXCSR.
  ['fpending', 'i32'],
  ['sseRaised', 'i32'],
  ['zero', 'i64'],
  ['argument0', 'i64'],
  ['argument1', 'i64'],
  ['argument2', 'i64'],
  ['argument3', 'i64'],
  ['argument4', 'i64'],
  ['result0', 'i64'],
  ['result1', 'i64'],
  // Landing place of accesses that no single host address serves (page-crossing, device).
  ['bounce', 'v128'],
  ['bounceHigh', 'v128'],
  ['scratch0', 'v128'],
  ['scratch1', 'v128'],
  // Events (events/): where the next record goes, where those of the running instruction begin, a stop was asked for.
  ['eventHead', 'i32'],
  ['eventMark', 'i32'],
  ['eventStop', 'i32'],
  // The next block follows the last instruction without a control transfer. Kept only while blocks are reported.
  ['blockSequential', 'i32'],
  // Physical address of an access that went through the bounce buffer.
  ['accessPhysical', 'i64'],
];

function place(): { fields: Record<string, StateField>; end: number } {
  const fields: Record<string, StateField> = {};
  let next = STATE_BASE;
  for (const [list, isDerived] of [
    [saved, false],
    [derived, true],
  ] as const) {
    for (const [name, type] of list) {
      const size = type === 'v128' ? 16 : type === 'i64' ? 8 : 4;
      next = Math.ceil(next / size) * size;
      fields[name] = { type, address: next, derived: isDerived };
      next += size;
    }
  }
  return { fields, end: Math.ceil(next / 16) * 16 };
}

const placed = place();

/** All plain fields by name. */
export const STATE_FIELDS: Readonly<Record<string, StateField>> = placed.fields;

const SEGMENTS_BASE = placed.end;

/** A map, because helpers ask by name all the time and an object of so many keys is several times slower. */
const addresses: ReadonlyMap<string, number> = new Map(
  Object.entries(STATE_FIELDS).map(([name, { address }]) => [name, address]),
);

/** Address of a field; an unknown name is our bug. */
export function stateAddress(name: string): number {
  const address = addresses.get(name);
  if (address === undefined) throw new Error(`no state field ${name}`);
  return address;
}

const GPR_BASE = stateAddress('rax');

/** Address of general register `index` (0 rax … 15 r15). */
export function gprAddress(index: number): number {
  return GPR_BASE + index * 8;
}

/** Address of a segment register by encoding (0 es … 5 gs, 6 ldtr, 7 tr). */
export function segmentAddress(index: number): number {
  return SEGMENTS_BASE + index * SEGMENT_BYTES;
}
