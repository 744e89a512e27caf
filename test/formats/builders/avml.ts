/** Builds AVML images: LiME-like headers, each followed by a snappy frame stream and the stream's length. */
import { compress } from 'snappyjs';
import { ByteWriter } from './byte-writer.js';
import type { GuestRange } from './guest.js';

const CHUNK = 65536;

function chunk(type: number, data: Uint8Array): Buffer {
  const size = data.length + (type <= 1 ? 4 : 0);
  const out = new ByteWriter().u8(type, size & 0xff, (size >> 8) & 0xff, size >> 16);
  // The checksum of data chunks; this reader does not look at it.
  if (type <= 1) out.u32(0);
  return out.bytes(data).done();
}

/** A frame stream. Chunks that do not compress are stored, and a skippable chunk stands in the middle. */
export function snappyFrames(bytes: Uint8Array): Buffer {
  const out = new ByteWriter().bytes(chunk(0xff, Buffer.from('sNaPpY')));
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const plain = new Uint8Array(bytes.subarray(at, at + CHUNK));
    const packed = compress(plain);
    const isSmaller = packed.length < plain.length * 0.9;
    out.bytes(chunk(isSmaller ? 0 : 1, isSmaller ? packed : plain));
    if (at === CHUNK && bytes.length > 2 * CHUNK) out.bytes(chunk(0xfe, new Uint8Array(10)));
  }
  return out.done();
}

export function buildAvml(ranges: readonly GuestRange[]): Buffer {
  const out = new ByteWriter();
  for (const { start, bytes } of ranges) {
    const stream = snappyFrames(bytes);
    out
      .text('AVML')
      .u32(2)
      .u64(start, start + bytes.length - 1, 0)
      .bytes(stream)
      .u64(stream.length);
  }
  return out.done();
}
