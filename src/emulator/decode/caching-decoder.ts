/**
 * A decoder that remembers what it decoded: code repeats itself, and three quarters of the instructions that a kernel
 * reaches for the first time it has, byte for byte, elsewhere. What is decoded is `Decoder`'s business alone.
 *
 * No instruction is the beginning of another one, so that the shortest known one that the bytes begin with is the right
 * one. Instructions of more than six bytes are mostly unique and never kept.
 */
import type { CpuMode, Instruction } from '../isa/instruction.js';
import type { Decoder } from './decoder.js';

/** Instructions kept at most; then it starts again with none. */
const MOST = 1 << 17;
const LONGEST = 6;

/** Instructions of one length by their bytes as a number, the first byte highest. */
type KnownOfLength = Map<number, Instruction>;

export class CachingDecoder implements Pick<Decoder, 'decode'> {
  private readonly decoder: Decoder;
  /** By mode key, then by length. */
  private known: KnownOfLength[][] = [];
  private count = 0;

  constructor(decoder: Decoder) {
    this.decoder = decoder;
  }

  /** As `Decoder.decode`; equal bytes give the same object, which nobody may change. */
  decode(bytes: Uint8Array, offset: number, end: number, mode: CpuMode): ReturnType<Decoder['decode']> {
    if (offset + LONGEST > end) return this.decoder.decode(bytes, offset, end, mode);
    const known = this.known[mode.key];
    if (known !== undefined) {
      let key = 0;
      for (let length = 1; length <= LONGEST; length++) {
        key = key * 256 + (bytes[offset + length - 1] as number);
        const one = known[length]?.get(key);
        if (one !== undefined) return one;
      }
    }
    const decoded = this.decoder.decode(bytes, offset, end, mode);
    if (typeof decoded !== 'object' || decoded.length > LONGEST) return decoded;
    return this.keep(decoded, bytes, offset);
  }

  private keep(decoded: Instruction, bytes: Uint8Array, offset: number): Instruction {
    if (this.count >= MOST) {
      this.known = [];
      this.count = 0;
    }
    const one: Instruction = { ...decoded, number: this.count++ };
    let key = 0;
    for (let i = 0; i < one.length; i++) key = key * 256 + (bytes[offset + i] as number);
    const known = this.known[one.mode.key] ?? Array.from({ length: LONGEST + 1 }, () => new Map<number, Instruction>());
    this.known[one.mode.key] = known;
    known[one.length]?.set(key, one);
    return one;
  }
}
