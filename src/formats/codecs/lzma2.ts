/** LZMA2: LZMA and plain chunks in a row, each saying what it resets (xz-file-format.txt 5.3.1; XZ for Java's docs). */
import { LzmaDecoder, lzmaProperties } from './lzma.js';

/** Control bytes. */
const END = 0;
const PLAIN_RESET_DICTIONARY = 1;
const PLAIN = 2;
const LZMA = 0x80;

/**
 * Decodes one LZMA2 stream from `input[from …)` into `output`.
 * @returns how much was read and written, or undefined when the data is damaged or does not fit.
 */
export function lzma2Decompress(
  input: Uint8Array,
  from: number,
  output: Uint8Array,
): { readonly read: number; readonly written: number } | undefined {
  const decoder = new LzmaDecoder(output);
  let at = from;
  let hasProperties = false;
  while (at < input.length) {
    const control = input[at] as number;
    if (control === END) return { read: at + 1 - from, written: decoder.written };
    const isPlain = control < LZMA;
    if (isPlain && control > PLAIN) return undefined;
    const resets = isPlain ? 0 : (control >> 5) & 3;
    if (control === PLAIN_RESET_DICTIONARY || resets === 3) decoder.dictionaryStart = decoder.written;
    const size = big16(input, at + 1) + 1 + (isPlain ? 0 : (control & 0x1f) << 16);
    if (isPlain) {
      const data = input.subarray(at + 3, at + 3 + size);
      if (data.length < size || decoder.written + size > output.length) return undefined;
      output.set(data, decoder.written);
      decoder.written += size;
      at += 3 + size;
      continue;
    }
    const packed = big16(input, at + 3) + 1;
    at += 5;
    if (resets >= 2) {
      const properties = lzmaProperties(input[at++] ?? 0xff);
      if (properties === undefined) return undefined;
      decoder.setProperties(properties);
      hasProperties = true;
    } else if (resets === 1 && hasProperties) decoder.resetState();
    if (!hasProperties || at + packed > input.length) return undefined;
    if (!decoder.decode(input, at, at + packed, decoder.written + size, false)) return undefined;
    at += packed;
  }
  return undefined;
}

function big16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
