/**
 * Damage as data: what a bad capture, a torn write or an adversary can do to a page of an image. One entry of `MUTATIONS`
 * each; `drawMutations` lets fast-check draw them, so that what made something fall over can be printed and repeated.
 */
import fc from 'fast-check';
import { PAGE_SIZE } from '../../src/core/address.js';
import type { AlteredMemory } from './altered-memory.js';

/** One change. `page` and `other` choose from the pages that a clean run reads; `at` and `value` mean what `kind` says. */
export interface Mutation {
  readonly kind: MutationKind;
  readonly page: number;
  readonly other: number;
  readonly at: number;
  readonly value: number;
}

type Apply = (memory: AlteredMemory, frame: number, mutation: Mutation, other: number) => void;

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const aligned = (at: number, size: number) => Math.floor((at % PAGE_SIZE) / size) * size;

/** Words that break careless arithmetic: signs, ends of ranges, giant counts, error pointers. */
const EVIL_WORDS: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fffn,
  0xffffn,
  0x10_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x001f_ffff_ffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_8880_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_f001n,
  0xffff_ffff_ffff_ffffn,
];

const MUTATIONS = {
  /** One bit. */
  bit: (memory, frame, { at, value }) => {
    const bytes = memory.writable(frame);
    bytes[at % PAGE_SIZE] = (bytes[at % PAGE_SIZE] as number) ^ (1 << (value & 7));
  },
  /** The whole page: zeros, ones, noise, gone. */
  zero: (memory, frame) => void memory.writable(frame).fill(0),
  ones: (memory, frame) => void memory.writable(frame).fill(0xff),
  noise: (memory, frame, { value }) => {
    const bytes = memory.writable(frame);
    let state = value | 1;
    for (let at = 0; at < PAGE_SIZE; at++) {
      state = (Math.imul(state, 0x41c64e6d) + 12345) | 0;
      bytes[at] = state >>> 16;
    }
  },
  missing: (memory, frame) => memory.remove(frame),
  truncated: (memory, frame) => memory.truncate(frame),
  /** Two pages change places, or one is a copy of the other. */
  swapped: (memory, frame, _mutation, other) => {
    const kept = memory.writable(frame).slice();
    memory.writable(frame).set(memory.writable(other));
    memory.writable(other).set(kept);
  },
  stale: (memory, frame, _mutation, other) => void memory.writable(frame).set(memory.writable(other)),
  /** A word: an evil value, 4 or 8 bytes wide. */
  word64: (memory, frame, { at, value }) => {
    const word = EVIL_WORDS[value % EVIL_WORDS.length] as bigint;
    view(memory.writable(frame)).setBigUint64(aligned(at, 8), word, true);
  },
  word32: (memory, frame, { at, value }) => {
    const word = EVIL_WORDS[value % EVIL_WORDS.length] as bigint;
    view(memory.writable(frame)).setUint32(aligned(at, 4), Number(word & 0xffff_ffffn), true);
  },
  /** A pointer that leads somewhere else in good memory: into another list, back to a parent, to itself. */
  misled: (memory, frame, { at, value }) => {
    const bytes = view(memory.writable(frame));
    const words = pointerPlaces(bytes);
    if (words.length === 0) return;
    const from = words[value % words.length] as number;
    const to = words[at % words.length] as number;
    bytes.setBigUint64(to, bytes.getBigUint64(from, true), true);
  },
  /** Every pointer of the page leads to the same place: cycles wherever there was a list. */
  cyclic: (memory, frame, { value }) => {
    const bytes = view(memory.writable(frame));
    const words = pointerPlaces(bytes);
    const target = words.length === 0 ? 0n : bytes.getBigUint64(words[value % words.length] as number, true);
    for (const at of words) bytes.setBigUint64(at, target, true);
  },
  /** No zero byte in the page: names without an end. */
  endless: (memory, frame) => {
    const bytes = memory.writable(frame);
    for (let at = 0; at < PAGE_SIZE; at++) if (bytes[at] === 0) bytes[at] = 0x41;
  },
  /** Every entry of the page, as one of page tables, leads to the page itself. */
  selfMapped: (memory, frame) => {
    const bytes = view(memory.writable(frame));
    for (let at = 0; at < PAGE_SIZE; at += 8) bytes.setBigUint64(at, BigInt(frame * PAGE_SIZE) | 0x67n, true);
  },
  /** The same as large pages. */
  selfLarge: (memory, frame) => {
    const bytes = view(memory.writable(frame));
    for (let at = 0; at < PAGE_SIZE; at += 8) bytes.setBigUint64(at, BigInt(frame * PAGE_SIZE) | 0xe7n, true);
  },
  /** Text that promises more than there is: a digit of a number in VMCOREINFO, a length in a header. */
  digits: (memory, frame, { value }) => {
    const bytes = memory.writable(frame);
    const digit = 0x30 + (value % 10);
    for (let at = 0; at < PAGE_SIZE; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) bytes[at] = digit;
    }
  },
} as const satisfies Record<string, Apply>;

type MutationKind = keyof typeof MUTATIONS;

/** Where words lie that look like kernel pointers of a 64-bit kernel, or like 32-bit ones in both halves. */
function pointerPlaces(bytes: DataView): number[] {
  const places: number[] = [];
  for (let at = 0; at < PAGE_SIZE; at += 8) {
    const word = bytes.getBigUint64(at, true);
    if (word >= 0xc000_0000n && (word >= 0xffff_0000_0000_0000n || (word & 0xffff_ffffn) >= 0xc000_0000n)) {
      places.push(at);
    }
  }
  return places;
}

const KINDS = Object.keys(MUTATIONS) as MutationKind[];
const COUNT = 2 ** 20;

/** One to `most` changes. */
export function drawMutations(most: number): fc.Arbitrary<Mutation[]> {
  const mutation = fc.record({
    kind: fc.constantFrom(...KINDS),
    page: fc.nat(COUNT),
    other: fc.nat(COUNT),
    at: fc.nat(PAGE_SIZE - 1),
    value: fc.nat(COUNT),
  });
  return fc.array(mutation, { minLength: 1, maxLength: most });
}

/** Does `mutations` to `memory`, choosing from `frames`. */
export function mutate(memory: AlteredMemory, mutations: readonly Mutation[], frames: readonly number[]): void {
  if (frames.length === 0) return;
  for (const mutation of mutations) {
    const frame = frames[mutation.page % frames.length] as number;
    const other = frames[mutation.other % frames.length] as number;
    MUTATIONS[mutation.kind](memory, frame, mutation, other);
  }
}
