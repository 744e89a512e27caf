/**
 * The status flags for the instruction builders: as an operation that they follow from, or at rest in two words
 * (`conditions.ts` reads them). Where either is kept is the tiers'.
 */
import type { Value } from '../codegen/value.js';
import { conditionAtRest } from './conditions.js';
import { AF, CF, OF, PF, SF, ZF } from './eflags.js';
import type { FlagKind } from './flag-kinds.js';
import { MemoryBuilder } from './memory-builder.js';

export abstract class FlagBuilder extends MemoryBuilder {
  /** The flags at rest, [flagsResult, flagsExtra]. */
  abstract flagWords(): [Value, Value];
  abstract setFlagWords(result: Value, extra: Value): void;
  /** The status flags follow from this operation. `right` may be i32 for shift counts and old carries. */
  abstract setFlags(kind: FlagKind, size: number, left: Value, right: Value, result: Value): void;
  /** Condition code 0-15 as an i32 of 0 or 1. */
  abstract condition(code: number): Value;
  /** Brings the flags to rest (computes the two words if they are still pending). */
  abstract restFlags(): void;

  /** Nobody sees the flags that the running instruction leaves: an instruction behind it replaces them all. */
  get flagsUnused(): boolean {
    return false;
  }

  /** CF as an i32 of 0 or 1. */
  carry(): Value {
    return this.condition(2);
  }

  /** The six status flags at their places in EFLAGS. */
  statusFlags(): Value {
    const [result, extra] = this.flagWords();
    const flag = (code: number, bit: number): Value =>
      this.shl(conditionAtRest(this, code, result, extra), this.i32(Math.log2(bit)));
    const adjust = this.shl(this.and(this.wrap(extra), this.i32(8)), this.i32(1));
    return [flag(2, CF), flag(10, PF), flag(4, ZF), flag(8, SF), flag(0, OF)].reduce((x, y) => this.or(x, y), adjust);
  }

  /** Sets the six status flags from their places in EFLAGS (AF is 0x10). */
  setStatusFlags(eflags: Value): void {
    const word = this.let(eflags);
    const bit = (mask: number): Value => this.and(this.shrU(word, this.i32(Math.log2(mask))), this.i32(1));
    const wide = (value: Value, shift: number): Value => this.shl(this.widen(value), this.i64(shift));
    const cf = this.let(bit(CF));
    const zf = this.let(bit(ZF));
    const extra = [
      wide(cf, 63),
      wide(this.xor(cf, bit(OF)), 62),
      wide(bit(AF), 3),
      wide(bit(SF), 7),
      wide(this.xor(bit(PF), zf), 8),
    ].reduce((x, y) => this.or(x, y));
    this.setFlagWords(this.widen(this.xor(zf, this.i32(1))), extra);
  }

  /** Replaces CF alone. */
  setCarry(value: Value): void {
    if (this.flagsUnused) return;
    const [result, extra] = this.flagWords();
    const keptResult = this.let(result);
    const old = this.let(extra);
    const carry = this.let(this.widen(value));
    const overflow = this.shrU(this.xor(old, this.shl(old, this.i64(1))), this.i64(63));
    const rest = this.and(old, this.i64(0x3fff_ffff_ffff_ffffn));
    const high = this.or(this.shl(carry, this.i64(63)), this.shl(this.xor(carry, overflow), this.i64(62)));
    this.setFlagWords(keptResult, this.or(rest, high));
  }

  /** Replaces CF and OF, keeping the others (rotates). */
  setCarryOverflow(carryBit: Value, overflowBit: Value): void {
    if (this.flagsUnused) return;
    const [result, extra] = this.flagWords();
    const keptResult = this.let(result);
    const carry = this.let(this.widen(carryBit));
    const rest = this.and(extra, this.i64(0x3fff_ffff_ffff_ffffn));
    const mixed = this.xor(carry, this.widen(overflowBit));
    const high = this.or(this.shl(carry, this.i64(63)), this.shl(mixed, this.i64(62)));
    this.setFlagWords(keptResult, this.or(rest, high));
  }

  /** `if` whose arms may set flags. */
  ifFlags(condition: Value, yes: () => void, no?: () => void): void {
    const fixed = this.let(condition);
    this.restFlags();
    this.if(
      fixed,
      () => {
        yes();
        this.restFlags();
      },
      no === undefined
        ? undefined
        : () => {
            no();
            this.restFlags();
          },
    );
  }
}
