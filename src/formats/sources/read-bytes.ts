/**
 * Fresh copies of parts of a `ByteSource`, for headers and tables.
 */
import type { ByteSource } from '../byte-source.js';

/** No table of any format is larger; a hostile header's length is cut here before memory is allocated for it. */
export const MAX_PIECE = 512 * 1024 * 1024;

/**
 * The bytes from `offset`, at most `length` and at most `MAX_PIECE`, fewer where the source ends (none outside it).
 * The array is the caller's.
 */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array {
  const there = Math.min(length, source.size - offset, MAX_PIECE);
  if (!(offset >= 0) || !(there > 0)) return new Uint8Array(0);
  const target = new Uint8Array(there);
  return target.subarray(0, source.read(offset, target));
}
