/**
 * LZ4 in the legacy frame that kernels use (lz4_Frame_format.md, "Legacy frame"; lz4_Block_format.md). The packages that
 * exist know the newer frame, or need a compiler.
 */
import { u16, u32 } from '../../core/bytes.js';

const LEGACY_MAGIC = 0x184c_2102;
const SHORTEST_MATCH = 4;

/** Decodes one block into `output` from `written` on; returns the new end, or -1 when it is damaged or does not fit. */
function block(input: Uint8Array, output: Uint8Array, start: number): number {
  let read = 0;
  let written = start;
  /** A length of 15 goes on in further bytes, up to one below 255. */
  const length = (nibble: number): number => {
    let value = nibble;
    if (nibble !== 15) return value;
    for (let byte = 255; byte === 255 && read <= input.length; value += byte) byte = input[read++] ?? 0;
    return value;
  };
  while (read < input.length) {
    const token = input[read++] as number;
    const literals = length(token >> 4);
    if (read + literals > input.length || written + literals > output.length) return -1;
    output.set(input.subarray(read, read + literals), written);
    read += literals;
    written += literals;
    // The last sequence has no match.
    if (read === input.length) return written;
    if (read + 2 > input.length) return -1;
    const distance = u16(input, read);
    read += 2;
    const match = length(token & 15) + SHORTEST_MATCH;
    if (distance === 0 || distance > written - start || written + match > output.length) return -1;
    for (let i = 0; i < match; i++, written++) output[written] = output[written - distance] as number;
  }
  return -1;
}

/** Unpacks a legacy frame into `output`; returns the bytes written, or -1 when it is damaged or does not fit. */
export function lz4LegacyDecompress(input: Uint8Array, output: Uint8Array): number {
  if (input.length < 8 || u32(input, 0) !== LEGACY_MAGIC) return -1;
  let written = 0;
  for (let at = 4; at + 4 <= input.length; ) {
    const size = u32(input, at);
    at += 4;
    // A further frame may follow; zero ends padding.
    if (size === LEGACY_MAGIC) continue;
    if (size === 0) break;
    if (at + size > input.length) return -1;
    written = block(input.subarray(at, at + size), output, written);
    if (written < 0) return -1;
    at += size;
  }
  return written;
}
