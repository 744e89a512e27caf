/**
 * Walks the frames of a zstd file without decoding them: to know what decoding them will cost.
 * Source: RFC 8878, sections 3.1.1 (frames and blocks) and 3.1.2 (skippable frames).
 */
import { u32, u64Number } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { WindowReader } from '../sources/window-reader.js';

export const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const BLOCK_RLE = 1;
/** The longest frame header: magic, descriptor, window, dictionary id, content size. */
const HEADER_BYTES = 18;
/** Content size fields have 0, 2, 4 or 8 bytes by the descriptor's upper two bits; 0 becomes 1 in a single segment. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;

/** One of the 16 magic numbers of skippable frames, with which parallel compressors begin files. */
export function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

interface FrameHeader {
  readonly length: number;
  readonly window: number;
  readonly hasChecksum: boolean;
}

function frameHeader(bytes: Uint8Array): FrameHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const descriptor = bytes[4] as number;
  const isSingle = (descriptor & 0x20) !== 0;
  const contentAt = 5 + (isSingle ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] as number);
  const contentBytes = (CONTENT_SIZE_BYTES[descriptor >> 6] as number) || (isSingle ? 1 : 0);
  const content = new Uint8Array(8);
  content.set(bytes.subarray(contentAt, contentAt + contentBytes));
  const exponent = (bytes[5] as number) >> 3;
  const mantissa = (bytes[5] as number) & 7;
  return {
    length: contentAt + contentBytes,
    window: isSingle
      ? u64Number(content, 0) + (contentBytes === 2 ? 256 : 0)
      : 2 ** (10 + exponent) * (1 + mantissa / 8),
    hasChecksum: (descriptor & 4) !== 0,
  };
}

/** The largest window (bytes that a decoder must keep) of all frames, as far as they can be walked. */
export function largestWindow(source: ByteSource): number {
  const reader = new WindowReader(source);
  let largest = 0;
  let at = 0;
  while (at + 8 <= source.size) {
    const head = reader.view(at, HEADER_BYTES);
    const magic = head.length >= 8 ? u32(head, 0) : 0;
    if (isSkippable(magic)) {
      at += 8 + u32(head, 4);
      continue;
    }
    const frame = magic === ZSTD_MAGIC ? frameHeader(head) : undefined;
    if (!frame) break;
    largest = Math.max(largest, frame.window);
    at += frame.length;
    for (let isLast = false; !isLast; ) {
      const block = reader.view(at, 3);
      if (block.length < 3) return largest;
      const header = (block[0] as number) | ((block[1] as number) << 8) | ((block[2] as number) << 16);
      isLast = (header & 1) !== 0;
      at += 3 + (((header >> 1) & 3) === BLOCK_RLE ? 1 : header >> 3);
    }
    at += frame.hasChecksum ? 4 : 0;
  }
  return largest;
}
