/**
 * Builds zstd frames of stored and run-length blocks, from RFC 8878 (section 3.1.1): Node 20 has no zstd compressor.
 */
import { ByteWriter } from './byte-writer.js';

const MAX_BLOCK = 128 * 1024;

function block(type: 0 | 1, size: number, isLast: boolean, content: Uint8Array): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, content]);
}

/** One frame. @param windowLog the window that the header asks for, as a power of two. */
export function buildZstd(bytes: Uint8Array, windowLog = 17): Buffer {
  const out = new ByteWriter().u32(0xfd2fb528).u8(0, (windowLog - 10) << 3);
  // Also nothing is one block, the last.
  for (let at = 0; at === 0 || at < bytes.length; at += MAX_BLOCK) {
    const part = bytes.subarray(at, at + MAX_BLOCK);
    const isRun = part.length > 0 && part.every((byte) => byte === part[0]);
    out.bytes(block(isRun ? 1 : 0, part.length, at + MAX_BLOCK >= bytes.length, isRun ? part.subarray(0, 1) : part));
  }
  return out.done();
}

/** A frame that decoders skip. */
export function skippableFrame(size: number): Buffer {
  return new ByteWriter().u32(0x184d2a53, size).zeros(size).done();
}
