/**
 * Bytes that are already in memory as a `ByteSource`: small containers, and tests.
 */
import type { ByteSource } from '../byte-source.js';

/** A `ByteSource` over `bytes`, which must not change meanwhile. Closing does nothing. */
export function bufferSource(bytes: Uint8Array, name = '(memory)'): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, target) {
      if (offset < 0 || offset >= bytes.length) return 0;
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    },
    close() {},
  };
}
