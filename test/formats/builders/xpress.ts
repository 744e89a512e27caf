/**
 * Packs as [MS-XCA] describes: plain LZ77, and LZ77 with Huffman codes. Greedy and slow; knows nothing of src. The codes
 * have two lengths, which any table of 512 symbols can have; wimlib writes others.
 */
import { ByteWriter } from './byte-writer.js';

interface Token {
  readonly literal?: number;
  readonly length: number;
  readonly distance: number;
}

/** Literals and matches; `window` bounds distances, `longest` lengths. */
function tokens(bytes: Uint8Array, window: number, longest: number): Token[] {
  const out: Token[] = [];
  const last = new Map<number, number>();
  for (let at = 0; at < bytes.length; ) {
    const key =
      at + 2 < bytes.length
        ? ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
        : -1;
    const from = last.get(key);
    let length = 0;
    if (key >= 0 && from !== undefined && at - from <= window) {
      while (length < longest && at + length < bytes.length && bytes[from + length] === bytes[at + length]) length++;
    }
    if (key >= 0) last.set(key, at);
    if (length >= 3) out.push({ length, distance: at - (from as number) });
    else out.push({ literal: bytes[at] as number, length: 1, distance: 0 });
    at += Math.max(1, length >= 3 ? length : 1);
  }
  return out;
}

export function packXpress(bytes: Uint8Array): Buffer {
  const out: number[] = [];
  let flagsAt = 0;
  let flags = 0;
  let count = 0;
  let half = -1;
  const flag = (bit: number) => {
    if (count === 0) {
      flagsAt = out.length;
      out.push(0, 0, 0, 0);
      flags = 0;
    }
    flags = ((flags << 1) | bit) >>> 0;
    if (++count === 32) writeFlags();
  };
  const writeFlags = () => {
    // What is left of the last word is ones.
    const word = count === 32 ? flags : ((flags << (32 - count)) | (2 ** (32 - count) - 1)) >>> 0;
    for (let i = 0; i < 4; i++) out[flagsAt + i] = (word >>> (i * 8)) & 0xff;
    count = 0;
  };
  for (const { literal, length, distance } of tokens(bytes, 8192, 70_000)) {
    // The word of flags lies before what it describes.
    const bit = literal === undefined ? 1 : 0;
    if (count === 0) flag(bit);
    else flag(bit);
    if (literal !== undefined) {
      out.push(literal);
      continue;
    }
    const short = length - 3;
    const word = ((distance - 1) << 3) | Math.min(short, 7);
    out.push(word & 0xff, word >> 8);
    if (short < 7) continue;
    const nibble = Math.min(short - 7, 15);
    if (half < 0) {
      half = out.length;
      out.push(nibble);
    } else {
      out[half] = (out[half] as number) | (nibble << 4);
      half = -1;
    }
    if (nibble < 15) continue;
    const byte = Math.min(short - 22, 255);
    out.push(byte);
    if (byte < 255) continue;
    if (short < 65_536) out.push(short & 0xff, short >> 8);
    else out.push(0, 0, short & 0xff, (short >> 8) & 0xff, (short >> 16) & 0xff, 0);
  }
  if (count > 0) writeFlags();
  return Buffer.from(out);
}

const BLOCK = 65_536;

export function packXpressHuffman(bytes: Uint8Array): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK)
    blocks.push(packBlock(bytes.subarray(at, at + BLOCK), at + BLOCK >= bytes.length));
  return Buffer.concat(blocks);
}

const END = 256;

function packBlock(bytes: Uint8Array, isLast: boolean): Buffer {
  const list = tokens(bytes, 65_535, 65_535).map((token) => ({ ...token, symbol: symbolOf(token) }));
  const counts = Array<number>(512).fill(0);
  for (const { symbol } of list) counts[symbol] = (counts[symbol] as number) + 1;
  counts[END] = (counts[END] as number) + 1;
  const order = counts
    .map((count, symbol) => ({ count, symbol }))
    .sort((a, b) => b.count - a.count || a.symbol - b.symbol);
  const used = counts.filter((count) => count > 0).length;
  // 128 codes of 8 bits and 256 of 9 fill the space; with more symbols all have 9 bits.
  const lengths = Array<number>(512).fill(0);
  order.forEach(({ symbol }, rank) => {
    lengths[symbol] = used > 384 ? 9 : rank < 128 ? 8 : rank < 384 ? 9 : 0;
  });
  const codes = Array<number>(512).fill(0);
  let next = 0;
  for (const length of [8, 9]) {
    next <<= length === 9 ? 1 : 0;
    for (let symbol = 0; symbol < 512; symbol++) if (lengths[symbol] === length) codes[symbol] = next++;
  }
  const table = Buffer.from(
    Array.from({ length: 256 }, (_, pair) => (lengths[pair * 2] as number) | ((lengths[pair * 2 + 1] as number) << 4)),
  );
  const bits = new BitWriter();
  for (const { literal, length, distance, symbol } of list) {
    bits.put(codes[symbol] as number, lengths[symbol] as number);
    if (literal !== undefined) continue;
    if (length - 3 >= 15) {
      const rest = length - 18;
      bits.bytes(...(rest < 255 ? [rest] : [255, (length - 3) & 0xff, (length - 3) >> 8]));
    }
    const high = 31 - Math.clz32(distance);
    bits.put(distance - 2 ** high, high);
  }
  if (isLast) bits.put(codes[END] as number, lengths[END] as number);
  return Buffer.concat([table, bits.done()]);
}

function symbolOf({ literal, length, distance }: Token): number {
  return literal ?? 256 + (31 - Math.clz32(distance)) * 16 + Math.min(length - 3, 15);
}

/** Bits in words of 16, with whole bytes between them where the reader will be by then: two words are always ahead. */
class BitWriter {
  readonly #out: number[] = [0, 0, 0, 0];
  #first = 0;
  #second = 2;
  #buffer = 0;
  #count = 0;

  put(value: number, length: number): void {
    if (length === 0) return;
    this.#buffer = this.#buffer * 2 ** length + value;
    this.#count += length;
    if (this.#count <= 16) return;
    this.#count -= 16;
    this.#word(this.#first, Math.floor(this.#buffer / 2 ** this.#count));
    this.#buffer %= 2 ** this.#count;
    this.#first = this.#second;
    this.#second = this.#out.length;
    this.#out.push(0, 0);
  }

  bytes(...bytes: number[]): void {
    this.#out.push(...bytes);
  }

  done(): Buffer {
    this.#word(this.#first, this.#buffer * 2 ** (16 - this.#count));
    return new ByteWriter().u8(...this.#out).done();
  }

  #word(at: number, value: number): void {
    this.#out[at] = value & 0xff;
    this.#out[at + 1] = (value >> 8) & 0xff;
  }
}
