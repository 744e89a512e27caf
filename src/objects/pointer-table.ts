/**
 * Arrays of pointers in guest memory, read in windows: descriptor tables and the bucket arrays of hash tables.
 *
 * Large and mostly empty, so that nothing is made of an empty slot. What the pointers lead to is the caller's affair.
 */
import { PAGE_SIZE } from '../core/address.js';
import { u32 } from '../core/bytes.js';
import type { ViewContext } from './struct-view.js';

export interface PointerTable {
  /** Address of the first slot. */
  readonly base: bigint;
  readonly count: number;
  /** Bytes from one slot to the next; a pointer's size when not given. */
  readonly stride?: number;
  /** Where in a slot the pointer lies. */
  readonly offset?: number;
}

export interface Slot {
  readonly index: number;
  /** Where the pointer lies. */
  readonly address: bigint;
  readonly value: bigint;
}

const WINDOW = 16 * PAGE_SIZE;

/** No honest table has more slots (nr_open is 2^20 by default, the largest TCP hash 2^19 buckets). */
const MAX_SLOTS = 4_194_304;

/**
 * The slots that hold a pointer: neither NULL nor odd (an odd one is the end mark of an `hlist_nulls` chain, or no
 * pointer at all). Pages that cannot be read are passed over, each with a fault.
 */
export function* occupiedSlots(context: ViewContext, table: PointerTable): Generator<Slot> {
  const { pointerSize } = context.space;
  const stride = table.stride ?? pointerSize;
  const offset = table.offset ?? 0;
  const count = Math.min(table.count, MAX_SLOTS);
  if (count !== table.count) context.faults.note(table.base, 'table without an end');
  const perWindow = Math.min(count, Math.max(1, Math.floor(WINDOW / stride)));
  const window = new Uint8Array(perWindow * stride);
  let index = 0;
  while (index < count) {
    const slots = Math.min(perWindow, count - index);
    const start = table.base + BigInt(index * stride);
    const got = context.space.read(start, window.subarray(0, slots * stride));
    const whole = Math.floor(got / stride);
    for (let slot = 0; slot < whole; slot++) {
      const at = slot * stride + offset;
      const low = u32(window, at);
      const high = pointerSize === 8 ? u32(window, at + 4) : 0;
      if ((low === 0 && high === 0) || (low & 1) === 1) continue;
      const value = high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low);
      yield { index: index + slot, address: start + BigInt(at), value };
    }
    index += whole;
    if (whole === slots) continue;
    const hole = start + BigInt(got);
    context.faults.note(hole, context.space.name);
    // On to the first slot behind the page that could not be read.
    const next = (hole | BigInt(PAGE_SIZE - 1)) + 1n;
    index = Math.max(index + 1, Math.ceil(Number(next - table.base) / stride));
  }
}
