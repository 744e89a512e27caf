/** Reads the parts of one CodeView record in order; a record that ends too early reads as zeros and is marked. */
import { latin1Text, u16, u32, u64 } from '../../core/bytes.js';
import { NUMERIC, numeric } from './layout.js';

/** Longest name; decorated ones of templates come near it. */
const MAX_NAME = 4096;
/** Bytes above these in a list of fields are padding: 0xf0 and how many to skip. */
const PADDING = 0xf0;

export class RecordReader {
  readonly bytes: Uint8Array;
  at: number;
  /** The record ended before all that was asked for. */
  isShort = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isDone(): boolean {
    return this.at >= this.bytes.length || this.isShort;
  }

  u16(): number {
    return this.#take(2) ? u16(this.bytes, this.at - 2) : 0;
  }

  u32(): number {
    return this.#take(4) ? u32(this.bytes, this.at - 4) : 0;
  }

  /** An integer of varying size. */
  integer(): bigint {
    const first = this.u16();
    if (first < NUMERIC) return BigInt(first);
    const kind = numeric[first];
    if (kind === undefined || !this.#take(kind.size)) {
      this.isShort = true;
      return 0n;
    }
    const at = this.at - kind.size;
    const raw =
      kind.size === 8
        ? u64(this.bytes, at)
        : BigInt(
            kind.size === 4 ? u32(this.bytes, at) : kind.size === 2 ? u16(this.bytes, at) : (this.bytes[at] as number),
          );
    return kind.signed ? BigInt.asIntN(kind.size * 8, raw) : raw;
  }

  /** Text up to a NUL. */
  name(): string {
    const text = latin1Text(this.bytes.subarray(this.at, this.at + MAX_NAME));
    this.#take(text.length + 1);
    return text;
  }

  /** Skips to the next field of a list. */
  skipPadding(): void {
    while (this.at < this.bytes.length && (this.bytes[this.at] as number) > PADDING) this.at++;
  }

  #take(count: number): boolean {
    if (this.at + count > this.bytes.length) {
      this.isShort = true;
      return false;
    }
    this.at += count;
    return true;
  }
}
