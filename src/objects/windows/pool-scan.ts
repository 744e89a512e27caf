/**
 * Finds objects by the tags of the pool blocks that they lie in, whether or not anything leads to them.
 *
 * Looks at every page that the kernel has mapped, each once for all the types asked for. A block counts when an object
 * header of the right type stands behind its beginning. Objects whose header was wiped when they were freed are not found.
 * Source: _POOL_HEADER and _OBJECT_TYPE.Key in Microsoft's public symbols.
 */
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { kernelWindows } from './kernel-windows.js';
import { objectTypes } from './object-directory.js';
import { fitsBehind, objectBody, objectTypeAddress } from './object-header.js';

export interface ScannedObject {
  /** Name of its type. */
  readonly type: string;
  readonly header: StructView;
  readonly body: bigint;
}

/** Pool tags of system objects carry this bit against being freed by the wrong tag. */
const PROTECTED = 0x8000_0000;
/** The optional parts before an object header take no more than this. */
const MAX_PARTS = 0x80;

/** The objects of the types named, by type in that order, ascending by address. `progress` hears of memory looked at. */
export function* scanObjects(
  kernel: WindowsKernel,
  types: readonly string[],
  progress: (address: bigint) => void = () => {},
): Generator<ScannedObject> {
  const found = kernel.memo(FOUND, () => scanAll(kernel, progress));
  for (const type of types) yield* found.get(type) ?? [];
}

const FOUND = Symbol('objects found by scanning');

/** All objects of all types by one pass over memory: whoever asks for another type next has it already. */
function scanAll(kernel: WindowsKernel, progress: (address: bigint) => void): ReadonlyMap<string, ScannedObject[]> {
  const byTag = tagsOf(kernel, [...objectTypes(kernel).keys()]);
  const found = new Map<string, ScannedObject[]>();
  for (const { tag, start } of poolBlocks(kernel, byTag, progress)) {
    for (const wanted of byTag.get(tag) ?? []) {
      const object = objectIn(kernel, start, wanted);
      if (object === undefined) continue;
      const known = found.get(wanted.name);
      if (known === undefined) found.set(wanted.name, [object]);
      // What is left of a freed block's header may stand shortly before a block: both lead to the same object.
      else if (known.at(-1)?.body !== object.body) known.push(object);
    }
  }
  return found;
}

export interface PoolBlock {
  readonly tag: number;
  /** Address behind the block's header. */
  readonly start: bigint;
}

/** Places that look like the headers of pool blocks with one of the tags, ascending; each physical page is read once. */
export function* poolBlocks(
  kernel: WindowsKernel,
  tags: Pick<ReadonlyMap<number, unknown>, 'has' | 'keys'>,
  progress: (address: bigint) => void = () => {},
): Generator<PoolBlock> {
  // Blocks begin at multiples of two pointers, with a header of that size whose second word is the tag.
  const grain = kernel.profile.pointerSize * 2;
  // Nearly all words are ruled out by their lower half, without a look at the table.
  const lowHalves = new Uint8Array(0x1_0000);
  for (const tag of tags.keys()) lowHalves[tag & 0xffff] = 1;
  for (const { address, words } of kernelWindows(kernel)) {
    progress(address);
    for (let at = 1; at < words.length; at += grain / 4) {
      const tag = words[at] as number;
      if (lowHalves[tag & 0xffff] === 1 && tags.has(tag)) yield { tag, start: address + BigInt((at - 1) * 4 + grain) };
    }
  }
}

interface WantedType {
  readonly name: string;
  /** Address of the type object. */
  readonly address: bigint;
}

/** The types by their pool tags, with and without the protecting bit. Several types may share a tag. */
function tagsOf(kernel: WindowsKernel, types: readonly string[]): Map<number, WantedType[]> {
  const known = objectTypes(kernel);
  const byTag = new Map<number, WantedType[]>();
  for (const name of types) {
    const address = known.get(name);
    const key = address === undefined ? undefined : kernel.struct('_OBJECT_TYPE', address).num('Key');
    if (address === undefined || key === undefined || !isTag(key)) continue;
    for (const tag of [(key & ~PROTECTED) >>> 0, (key | PROTECTED) >>> 0]) {
      byTag.set(tag, [...(byTag.get(tag) ?? []), { name, address }]);
    }
  }
  return byTag;
}

/** Tags are four letters. Any other word may be in memory so often that looking at each place would take hours. */
function isTag(key: number): boolean {
  const letters = [0, 8, 16, 24].map((shift) => ((key & ~PROTECTED) >>> shift) & 0xff);
  return letters.every((letter) => letter >= 0x20 && letter < 0x7f);
}

/**
 * The object header of the wanted type at or shortly behind `start`. A block that only looks alike is no damage. Of
 * several places the one with counts of a living object is taken.
 */
function objectIn(kernel: WindowsKernel, start: bigint, wanted: WantedType): ScannedObject | undefined {
  const { size } = kernel.struct('_OBJECT_HEADER', 0n);
  let found: StructView | undefined;
  for (let at = 0; at <= MAX_PARTS; at += kernel.profile.pointerSize * 2) {
    const header = kernel.struct('_OBJECT_HEADER', start + BigInt(at));
    if (kernel.space.view(header.address, size) === undefined) break;
    if (!fitsBehind(kernel, header, at) || objectTypeAddress(kernel, header) !== wanted.address) continue;
    if (hasLivingCounts(header)) {
      found = header;
      break;
    }
    found ??= header;
  }
  return found && { type: wanted.name, header: found, body: objectBody(found) };
}

/** References are counted in steps of up to 32768 for each handle. */
const MAX_REFERENCES = 1n << 40n;

function hasLivingCounts(header: StructView): boolean {
  const references = header.big('PointerCount') ?? 0n;
  const handles = header.big('HandleCount') ?? 0n;
  return references > 0n && references < MAX_REFERENCES && handles >= 0n && handles <= references;
}

/** A tag of four letters as the word that stands in memory. */
export function poolTag(letters: string): number {
  return Buffer.from(letters.padEnd(4), 'latin1').readUInt32LE(0);
}

/** The word as letters, without the protecting bit. */
export function poolTagName(tag: number): string {
  return String.fromCharCode(...[0, 8, 16, 24].map((shift) => ((tag & ~PROTECTED) >>> shift) & 0xff));
}
