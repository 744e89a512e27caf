/**
 * A decoder that remembers what it decoded: code repeats itself, and two thirds of what a kernel executes for the first
 * time it has, byte for byte, executed elsewhere. What is decoded is `Decoder`'s business alone.
 *
 * An instruction is determined by its own bytes, so one of up to four bytes is found by the four bytes at its start
 * whatever follows, one of up to eight by those and the next four. Longer ones are rare and never kept.
 */
import type { CpuMode, Instruction } from '../isa/instruction.js';
import type { Decoder } from './decoder.js';

/** Instructions kept at most; then it starts again with none. */
const MOST = 1 << 17;

interface Known {
  /** The instruction, when four bytes are all of it or more. */
  short: Instruction | undefined;
  /** By the second four bytes. */
  long: Map<number, Instruction> | undefined;
}

const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

export class CachingDecoder implements Pick<Decoder, 'decode'> {
  private readonly decoder: Decoder;
  /** By mode key, then by the first four bytes. */
  private known: Map<number, Known>[] = [];
  private count = 0;

  constructor(decoder: Decoder) {
    this.decoder = decoder;
  }

  /** As `Decoder.decode`; equal bytes give the same object, which nobody may change. */
  decode(bytes: Uint8Array, offset: number, end: number, mode: CpuMode): ReturnType<Decoder['decode']> {
    if (offset + 8 > end) return this.decoder.decode(bytes, offset, end, mode);
    const start = word(bytes, offset);
    const found = this.known[mode.key]?.get(start);
    if (found !== undefined) {
      const one = found.short ?? found.long?.get(word(bytes, offset + 4));
      if (one !== undefined) return one;
    }
    const decoded = this.decoder.decode(bytes, offset, end, mode);
    if (typeof decoded !== 'object' || decoded.length > 8) return decoded;
    return this.keep(decoded, start, word(bytes, offset + 4));
  }

  private keep(decoded: Instruction, start: number, next: number): Instruction {
    if (this.count >= MOST) {
      this.known = [];
      this.count = 0;
    }
    const one: Instruction = { ...decoded, number: this.count++ };
    const ofMode = this.known[one.mode.key] ?? new Map<number, Known>();
    this.known[one.mode.key] = ofMode;
    let place = ofMode.get(start);
    if (place === undefined) {
      place = { short: undefined, long: undefined };
      ofMode.set(start, place);
    }
    if (one.length <= 4) place.short = one;
    else {
      place.long ??= new Map();
      place.long.set(next, one);
    }
    return one;
  }
}
