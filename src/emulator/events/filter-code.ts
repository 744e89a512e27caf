/** Filters as WebAssembly: the part of a condition that only the running guest can answer, over the op builder. */
import type { OpBuilder } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import { stateAddress } from '../cpu/state-layout.js';
import { type Condition, type Range, ROOT_MASK } from './event-filter.js';

/** What is known of an event where the filter is asked; a condition on what is not known counts as met. */
export interface Known {
  /** i64, fixed. */
  readonly address: Value;
  readonly physical?: Value;
  readonly value?: Value;
  readonly extra?: Value;
  /** i32. */
  readonly detail?: Value;
  /** Bytes from `address` and `physical` on, any of which may lie in a range; i64. */
  readonly size: Value;
}

const yes = (b: OpBuilder): Value => b.i32(1);

function and(b: OpBuilder, x: Value | undefined, y: Value): Value {
  return x === undefined ? y : b.and(x, y);
}

/** Does [at, at + size) touch one of the ranges? */
function touches(b: OpBuilder, at: Value, size: Value, ranges: readonly Range[]): Value {
  return ranges
    .map(({ start, length }) => {
      // One unsigned comparison: at - (start - (size - 1)) < length + (size - 1).
      const before = b.sub(size, b.i64(1));
      const offset = b.add(b.sub(at, b.i64(start)), before);
      return b.ltU(offset, b.add(before, b.i64(length)));
    })
    .reduce((x, y) => b.or(x, y));
}

/** The same of physical ranges when only the linear address is known: both have the same offset in the page. */
function mayTouch(b: OpBuilder, at: Value, size: Value, ranges: readonly Range[]): Value {
  const page = b.i64(0xfff);
  return ranges
    .map(({ start, length }) => {
      if (length >= 4096n) return yes(b);
      const before = b.sub(size, b.i64(1));
      const offset = b.and(b.add(b.sub(at, b.i64(start)), before), page);
      return b.ltU(offset, b.add(before, b.i64(length)));
    })
    .reduce((x, y) => b.or(x, y));
}

/** The condition as an i32 of 0 or 1. Pure: loads of state fields and operators only. */
export function conditionCode(b: OpBuilder, condition: Condition, known: Known): Value {
  const { ranges, physicalRanges, addressSpace, ring, value, detail, sameMapping } = condition;
  let result: Value | undefined;
  if (ranges !== undefined) result = and(b, result, touches(b, known.address, known.size, ranges));
  if (addressSpace !== undefined) {
    const root = b.and(b.loadMemory('i64', 8, b.i32(0), stateAddress('cr3')), b.i64(ROOT_MASK));
    result = and(b, result, b.compare('eq', root, b.i64(addressSpace)));
  }
  if (ring !== undefined) {
    result = and(b, result, b.compare('eq', b.loadMemory('i32', 4, b.i32(0), stateAddress('cpl')), b.i32(ring)));
  }
  if (physicalRanges !== undefined) {
    const inside =
      known.physical === undefined
        ? mayTouch(b, known.address, known.size, physicalRanges)
        : touches(b, known.physical, known.size, physicalRanges);
    result = and(b, result, inside);
  }
  if (value !== undefined && known.value !== undefined) {
    result = and(b, result, b.compare('eq', b.and(known.value, b.i64(value.mask)), b.i64(value.equals)));
  }
  if (detail !== undefined && known.detail !== undefined) {
    result = and(b, result, b.ne(b.and(known.detail, b.i32(detail)), b.i32(0)));
  }
  if (sameMapping && known.value !== undefined && known.extra !== undefined) {
    const samePage = b.compare('eq', known.value, b.and(known.address, b.i64(-4096)));
    const root = b.loadMemory('i64', 8, b.i32(0), stateAddress('cr3'));
    result = and(b, result, b.and(samePage, b.compare('eq', known.extra, root)));
  }
  return result ?? yes(b);
}
