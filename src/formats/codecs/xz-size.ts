/**
 * How large an .xz file is unpacked, from the index at its end (The .xz File Format, version 1.1.0, sections 2.1.2 and 4).
 * Of a file of several streams it is the last one's.
 */
import { u32 } from '../../core/bytes.js';

const FOOTER_BYTES = 12;

/** Undefined when the file does not end in a footer and its index: it is cut off, or no .xz file. */
export function xzUnpackedSize(input: Uint8Array): number | undefined {
  let end = input.length;
  // Stream padding: zeros, by fours.
  while (end >= 4 && u32(input, end - 4) === 0) end -= 4;
  const footer = end - FOOTER_BYTES;
  if (footer < FOOTER_BYTES || input[end - 2] !== 0x59 || input[end - 1] !== 0x5a) return undefined;
  const index = footer - (u32(input, footer + 4) + 1) * 4;
  if (index < FOOTER_BYTES || input[index] !== 0) return undefined;
  const cursor = { at: index + 1 };
  const records = variableLength(input, cursor);
  let size = 0;
  for (let record = 0; record < records; record++) {
    if (cursor.at >= footer) return undefined;
    variableLength(input, cursor);
    size += variableLength(input, cursor);
  }
  return size;
}

/** Section 1.2: seven bits a byte, at most nine bytes. */
function variableLength(input: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 63; scale *= 128) {
    const byte = input[cursor.at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return value;
}
