/**
 * A region apart from the memory that it was made from: what it needs to be used again, in this run or another one,
 * wherever the same bytes lie. Regions know only distances from their origin, so no address is part of it.
 *
 * How regions are stored is the host's business (code-store.ts).
 */
import { RAM_BASE } from '../cpu/memory-map.js';
import type { Leaves } from './leave.js';
import type { PlacedBlock } from './region-blocks.js';

/** All of it but its code. */
export interface RegionRecord {
  /** `signatureAt` of the origin. */
  readonly signature: number;
  /** `CpuMode.key` that it was translated for. */
  readonly mode: number;
  /** Offset of the origin in its page. */
  readonly offset: number;
  /** In the order of the function's entry numbers; `delta` is the distance from the origin. */
  readonly blocks: readonly { readonly delta: number; readonly length: number }[];
  /** The bytes of the blocks, one block after the other. */
  readonly code: Uint8Array;
  readonly leaves: Leaves;
}

export interface KeptRegion extends RegionRecord {
  /** The module of the compiled function, which it exports as `regionName(index)`. */
  module(): WebAssembly.Module;
  readonly index: number;
}

/** How a module exports its regions; a module of one has it at 0. */
export const regionName = (index: number): string => `region${index}`;

/**
 * A number for the code at a physical address of RAM in a mode: equal code at the same place of a page has an equal one.
 * Code is known by eight bytes, so near the end of a page the next page's count too, and may be others another time.
 */
export function signatureAt(view: DataView, physical: number, mode: number): number {
  const at = RAM_BASE + physical;
  if (at + 8 > view.byteLength) return 0;
  const place = ((physical & 0xfff) << 6) | mode;
  // Odd multipliers spread the bits; which ones does not matter.
  const low = Math.imul(view.getInt32(at, true), 0x9e3779b1);
  const high = Math.imul(view.getInt32(at + 4, true), 0x85ebca77);
  return (low ^ high ^ Math.imul(place, 0xc2b2ae3d)) | 0;
}

/** Pages of a kept region, relative to the page of its origin. */
export function pagesOf({ blocks, offset }: KeptRegion): Set<number> {
  return new Set(blocks.map(({ delta }) => Math.floor((offset + delta) / 4096)));
}

/** The blocks where they lie now, or undefined when the memory there holds other bytes. */
export function placeBlocks(
  { blocks, code, offset }: KeptRegion,
  frames: ReadonlyMap<number, number>,
  ram: Uint8Array,
): PlacedBlock[] | undefined {
  const placed: PlacedBlock[] = [];
  let position = 0;
  for (const [number, { delta, length }] of blocks.entries()) {
    const frame = frames.get(Math.floor((offset + delta) / 4096)) as number;
    const physical = frame * 4096 + ((offset + delta) & 0xfff);
    for (let i = 0; i < length; i++) {
      if (ram[RAM_BASE + physical + i] !== code[position + i]) return undefined;
    }
    position += length;
    placed.push({ number, delta, physical, length });
  }
  return placed;
}

/** The bytes of blocks, one after the other. */
export function codeOf(blocks: readonly PlacedBlock[], ram: Uint8Array): Uint8Array {
  const code = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const { physical, length } of blocks) {
    code.set(ram.subarray(RAM_BASE + physical, RAM_BASE + physical + length), position);
    position += length;
  }
  return code;
}
