/** A part of a source as a source of its own: a file inside of an archive. */
import type { ByteSource } from '../byte-source.js';

/** Bytes `start` to `start + size` of `source`, as far as they are there. Closing it leaves `source` open. */
export function partSource(source: ByteSource, name: string, start: number, size: number): ByteSource {
  const length = Math.max(0, Math.min(size, source.size - start));
  return {
    name,
    size: length,
    read(offset, target) {
      const there = Math.max(0, length - offset);
      return there === 0 ? 0 : source.read(start + offset, target.subarray(0, there));
    },
    close() {},
  };
}
