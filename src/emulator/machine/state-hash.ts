/**
 * A 128-bit digest of a machine: RAM and saved state. Equal states have equal digests on every host; unequal ones
 * almost surely not. For comparing runs, not against forgery.
 *
 * Four 32-bit lanes of multiply, rotate and add (the mixing steps of MurmurHash3, public domain, by A. Appleby), on
 * words in place: 256 MiB take a fraction of a second in plain JavaScript.
 */
import { InvariantError } from '../../core/errors.js';
import type { SavedValue } from '../devices/state/saved-state.js';

const PRIME = [0x239b_961b, 0xab0e_9789, 0x38b3_4ae5, 0xa1e3_8b93] as const;
const SEED = 0x6d65_6d6c;

function finish(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return x ^ (x >>> 16);
}

export class StateHash {
  readonly #lanes = new Int32Array([SEED, ~SEED, SEED ^ 0x5555, SEED ^ 0xaaaa]);
  #length = 0;

  /** Adds bytes. Where an array begins and ends is part of the digest. */
  bytes(data: Uint8Array): this {
    this.#words([data.length | 0, Math.floor(data.length / 0x1_0000_0000)]);
    const aligned = data.byteOffset % 4 === 0 ? data : data.slice();
    const whole = aligned.length >> 4;
    const words = new Int32Array(aligned.buffer, aligned.byteOffset, whole * 4);
    let [a, b, c, d] = this.#lanes as unknown as [number, number, number, number];
    for (let i = 0; i < words.length; i += 4) {
      a = Math.imul(a ^ (words[i] as number), PRIME[0]);
      b = Math.imul(b ^ (words[i + 1] as number), PRIME[1]);
      c = Math.imul(c ^ (words[i + 2] as number), PRIME[2]);
      d = Math.imul(d ^ (words[i + 3] as number), PRIME[3]);
      a = ((a << 15) | (a >>> 17)) + b;
      b = ((b << 13) | (b >>> 19)) + c;
      c = ((c << 17) | (c >>> 15)) + d;
      d = ((d << 11) | (d >>> 21)) + a;
    }
    this.#lanes.set([a, b, c, d]);
    const rest = [...aligned.subarray(whole * 16)];
    if (rest.length > 0) this.#words(rest);
    return this;
  }

  /** Adds a saved value; object fields count by name, not by order. */
  value(value: SavedValue | string): this {
    if (value instanceof Uint8Array) return this.bytes(value);
    if (typeof value === 'string') return this.bytes(new TextEncoder().encode(value));
    if (typeof value === 'bigint') return this.value(`n${value}`);
    if (typeof value === 'number' || typeof value === 'boolean') return this.value(`${typeof value}${value}`);
    if (Array.isArray(value)) {
      this.#words([1, value.length]);
      for (const item of value) this.value(item);
      return this;
    }
    if (typeof value !== 'object' || value === null) throw new InvariantError(`cannot hash ${String(value)}`);
    const names = Object.keys(value).sort();
    this.#words([2, names.length]);
    for (const name of names) this.value(name).value((value as Record<string, SavedValue>)[name] as SavedValue);
    return this;
  }

  /** 32 hexadecimal digits. */
  digest(): string {
    const lanes = [...this.#lanes].map((lane) => finish(lane ^ this.#length));
    const mixed = lanes.map((lane, i) => finish((lane + (lanes[(i + 1) & 3] as number)) ^ Math.imul(i + 1, PRIME[0])));
    return mixed.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #words(values: readonly number[]): void {
    for (const value of values) {
      const lane = this.#length++ & 3;
      const mixed = Math.imul((this.#lanes[lane] as number) ^ value, PRIME[lane] as number);
      this.#lanes[lane] = ((mixed << 15) | (mixed >>> 17)) + (this.#lanes[(lane + 1) & 3] as number);
    }
  }
}
