/**
 * The sixteen conditions (SDM volume 1, appendix B) over flags in their two states: at rest (two words) or still known
 * as the operation that makes them.
 */
import type { OpBuilder } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import { type FlagKind, flagKinds } from './flag-kinds.js';

/** Suffixes in encoding order. */
export const CONDITION_NAMES = [
  'o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g',
] as const; // biome-ignore format: encoding order

/** 1 when the low byte has an even number of ones. */
export function evenParity(b: OpBuilder, value: Value): Value {
  const ones = b.popcnt(b.and(b.wrap(value), b.i32(0xff)));
  return b.xor(b.and(ones, b.i32(1)), b.i32(1));
}

const negative = (b: OpBuilder, value: Value): Value => b.compare('ltS', value, b.int(value.type, 0));

/** Positive conditions (even encodings) over the flag words at rest. */
const atRest: readonly ((b: OpBuilder, result: Value, extra: Value) => Value)[] = [
  (b, _r, x) => negative(b, b.xor(x, b.shl(x, b.i64(1)))),
  (b, _r, x) => negative(b, x),
  (b, r) => b.eqz(r),
  (b, r, x) => b.or(negative(b, x), b.eqz(r)),
  (b, r, x) => negative(b, b.xor(r, b.shl(x, b.i64(56)))),
  (b, r, x) => evenParity(b, b.xor(b.wrap(r), b.wrap(b.shrU(x, b.i64(8))))),
  (b, r, x) => lessAtRest(b, r, x),
  (b, r, x) => b.or(lessAtRest(b, r, x), b.eqz(r)),
];

function lessAtRest(b: OpBuilder, result: Value, extra: Value): Value {
  const sign = b.xor(result, b.shl(extra, b.i64(56)));
  return negative(b, b.xor(sign, b.xor(extra, b.shl(extra, b.i64(1)))));
}

const negate = (b: OpBuilder, value: Value, code: number): Value => ((code & 1) === 0 ? value : b.eqz(value));

/** Condition `code` (0-15) as an i32 of 0 or 1 from flagsResult and flagsExtra. */
export function conditionAtRest(b: OpBuilder, code: number, result: Value, extra: Value): Value {
  return negate(b, atRest[code >> 1]!(b, result, extra), code);
}

/** A flag-setting operation that has not been turned into flag words yet. */
export interface PendingFlags {
  readonly kind: FlagKind;
  readonly size: number;
  readonly left: Value;
  readonly right: Value;
  readonly result: Value;
}

/** Condition `code` straight from the operation: a single comparison where there is one. */
export function conditionOf(b: OpBuilder, code: number, p: PendingFlags): Value {
  const { kind, size, left, right, result } = p;
  const signed = (value: Value): Value => b.signExtend(value, size);
  const zero = b.int(result.type, 0);
  if (kind === 'sub') {
    switch (code >> 1) {
      case 1:
        return b.compare((code & 1) === 0 ? 'ltU' : 'geU', left, right);
      case 2:
        return b.compare((code & 1) === 0 ? 'eq' : 'ne', left, right);
      case 3:
        return b.compare((code & 1) === 0 ? 'leU' : 'gtU', left, right);
      case 6:
        return b.compare((code & 1) === 0 ? 'ltS' : 'geS', signed(left), signed(right));
      case 7:
        return b.compare((code & 1) === 0 ? 'leS' : 'gtS', signed(left), signed(right));
    }
  }
  switch (code >> 1) {
    case 1:
      return negate(b, flagKinds[kind].carry(b, size, left, right, result), code);
    case 2:
      return (code & 1) === 0 ? b.eqz(result) : b.compare('ne', result, zero);
    case 4:
      return b.compare((code & 1) === 0 ? 'ltS' : 'geS', signed(result), zero);
    case 5:
      return negate(b, evenParity(b, result), code);
  }
  if (kind === 'logic') {
    if (code >> 1 === 0) return b.i32(code & 1);
    if (code >> 1 === 3) return (code & 1) === 0 ? b.eqz(result) : b.compare('ne', result, zero);
    if (code >> 1 === 6) return b.compare((code & 1) === 0 ? 'ltS' : 'geS', signed(result), zero);
    if (code >> 1 === 7) return b.compare((code & 1) === 0 ? 'leS' : 'gtS', signed(result), zero);
  }
  const word = b.let(b.signExtend(b.widen(result), size));
  const extra = b.let(flagKinds[kind].extra(b, size, left, right, result));
  return conditionAtRest(b, code, word, extra);
}
