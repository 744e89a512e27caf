/**
 * How rows whose work is a host helper (`cpu/host-helpers.ts`) are written: they only marshal operands. Used by the
 * system families.
 */
import type { Value } from '../codegen/value.js';
import type { InstructionBuilder } from './instruction-builder.js';
import type { RowOptions, Semantics } from './row.js';

/** A helper that leaves RIP to the next instruction; mode-relevant state may have changed. */
export const SEQUENTIAL: RowOptions = { interpreterOnly: true, ends: true };

/** Calls helper `name` with the values that `args` makes, then goes on at the next instruction. */
export function helper(name: string, args: (b: InstructionBuilder) => Value[] = () => []): Semantics {
  return (b) => {
    b.host(name, ...args(b));
    b.endBlock(true);
  };
}

/**
 * The same for helpers that leave the mode as it is, or make it known themselves: only what calls for attention ends the run
 * of blocks.
 */
export function continuingHelper(name: string, args: (b: InstructionBuilder) => Value[] = () => []): Semantics {
  return (b) => {
    b.host(name, ...args(b));
    b.endBlock(false);
  };
}

/** Calls a helper and writes its `result0` to operand 0. */
export function producer(name: string, args: (b: InstructionBuilder) => Value[] = () => []): Semantics {
  return (b) => {
    b.host(name, ...args(b));
    b.write(0, b.resize(b.state('result0'), b.size(0)));
    b.endBlock(false);
  };
}

export const number = (b: InstructionBuilder, value: number): Value => b.i64(value);
export const operandSize = (b: InstructionBuilder): Value => number(b, b.operandSize);
export const wide = (b: InstructionBuilder, i: number): Value => b.widen(b.read(i));
/** Index of register operand `i` of a segment, control or debug file. */
export const which = (b: InstructionBuilder, i: number): Value => b.widen(b.registerAddress(i));
