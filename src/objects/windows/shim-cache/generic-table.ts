/**
 * RTL_AVL_TABLE: the balanced trees of NT's library, recognized by what every one of them holds.
 *
 * The root is its own parent, and behind counters that nobody needs here stand the routines that compare, allocate and free.
 * Source: ntddk.h (RTL_AVL_TABLE, RTL_BALANCED_LINKS); unchanged since NT 5.1.
 */
import { u32, u64 } from '../../../core/bytes.js';

/** By the size of a pointer: bytes of the table, and where its routines are. */
const TABLE = {
  4: { size: 0x38, compare: 0x28, allocate: 0x2c, free: 0x30 },
  8: { size: 0x68, compare: 0x48, allocate: 0x50, free: 0x58 },
} as const;

export function genericTableSize(pointerSize: 4 | 8): number {
  return TABLE[pointerSize].size;
}

/** True when the table at `address` may be what `bytes` hold from `at` on: with three routines for which `isCode` holds. */
export function isGenericTable(
  bytes: Uint8Array,
  at: number,
  address: bigint,
  pointerSize: 4 | 8,
  isCode: (address: bigint) => boolean,
): boolean {
  const { size, compare, allocate, free } = TABLE[pointerSize];
  if (at + size > bytes.length) return false;
  const word = (offset: number) => (pointerSize === 8 ? u64(bytes, at + offset) : BigInt(u32(bytes, at + offset)));
  // Cheap first: almost no place leads to itself.
  if (word(0) !== address) return false;
  const routines = [word(compare), word(allocate), word(free)];
  return new Set(routines).size === routines.length && routines.every(isCode);
}
