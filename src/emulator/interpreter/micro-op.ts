/**
 * The decoded form that the interpreter runs: a block header followed by one record an instruction. All fields are
 * little-endian in WebAssembly memory; addresses in them are addresses of state fields, so a handler needs no tables.
 */

export const HEADER_BYTES = 32;

export const HEADER = {
  /** Instructions in the block. */
  count: 0,
  /** Runs left until the block counts as hot. */
  counter: 4,
} as const;

export const RECORD_BYTES = 64;

export const RECORD = {
  /** Index in the handler table. */
  handler: 0,
  /** Start and end of the instruction relative to the block's RIP. */
  start: 4,
  next: 8,
  /** Instructions of the block not yet retired when this one starts. */
  left: 12,
  /** State addresses (or numbers, for segment, control, debug and x87 registers) of register operands 0-2. */
  registers: 16,
  /** State addresses of base and index (the `zero` field for none), and the shift. */
  base: 28,
  index: 32,
  scale: 36,
  /** State address of the segment register. */
  segment: 40,
  /** Event subscriptions that what the instruction does may interest, a bit each; see events/. */
  candidates: 44,
  /** First immediate, sign-extended; for branches the target relative to the block's RIP. */
  immediate: 48,
  displacement: 56,
} as const;

/** A second immediate (ENTER, far pointers) lies in the slot of register operand 2. */
export const SECOND_IMMEDIATE = RECORD.registers + 8;
