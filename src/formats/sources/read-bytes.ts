/**
 * Fresh copies of parts of a `ByteSource`, for headers and tables.
 */
import type { ByteSource } from '../byte-source.js';

/** The bytes from `offset`, at most `length`, fewer where the source ends (none outside it). The array is the caller's. */
export function readBytes(source: ByteSource, offset: number, length: number): Uint8Array {
  const there = Math.max(0, Math.min(length, source.size - offset));
  if (!(offset >= 0) || there === 0) return new Uint8Array(0);
  const target = new Uint8Array(there);
  return target.subarray(0, source.read(offset, target));
}
