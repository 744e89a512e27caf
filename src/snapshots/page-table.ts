/**
 * The page table of a snapshot: frame -> page id, as a tree of two levels whose leaves are shared between snapshots.
 *
 * A leaf has 64 frames; the root lists leaves. A snapshot that differs from its base in a few pages has a root of its
 * own and a few leaves.
 */
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

/** The little-endian bytes of ids, and back. */
export function encodeIds(ids: Uint32Array): Buffer {
  const bytes = Buffer.alloc(ids.length * 4);
  for (let index = 0; index < ids.length; index++) bytes.writeUInt32LE(ids[index] as number, index * 4);
  return bytes;
}

export function decodeIds(bytes: Buffer): Frames {
  const ids = new Uint32Array(Math.floor(bytes.length / 4));
  for (let index = 0; index < ids.length; index++) ids[index] = bytes.readUInt32LE(index * 4);
  return ids;
}
