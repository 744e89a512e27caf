/**
 * The page table of a snapshot: frame -> page id, as a tree of two levels whose leaves are shared between snapshots.
 *
 * A leaf has 64 frames; the root lists leaves. A snapshot that differs from its base in a few pages has a root of its
 * own and a few leaves.
 */
import { endianness } from 'node:os';
import type { Frames } from './store-database.js';

export const LEAF_FRAMES = 64;
/** The leaf of 64 zero pages, which is not stored. */
export const ZERO_LEAF = 0;

export function leafOf(frame: number): number {
  return Math.floor(frame / LEAF_FRAMES);
}

/** Entries of a root that reaches to `end` (a physical address). */
export function rootLength(end: number): number {
  return Math.ceil(end / 4096 / LEAF_FRAMES);
}

export function sameEntries(a: Frames, b: Frames): boolean {
  for (let index = 0; index < LEAF_FRAMES; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** The little-endian bytes of ids, and back. Copied whole: V8 spends more on a loop over them than it takes. */
export function encodeIds(ids: Uint32Array): Buffer {
  return inOrder(Buffer.from(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength)));
}

export function decodeIds(bytes: Buffer): Frames {
  const ids = new Uint32Array(Math.floor(bytes.length / 4));
  const copy = Buffer.from(ids.buffer);
  copy.set(bytes.subarray(0, copy.length));
  inOrder(copy);
  return ids;
}

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** `words` turned from this machine's order into the file's, or back. */
function inOrder(words: Buffer): Buffer {
  return IS_LITTLE_ENDIAN ? words : words.swap32();
}
