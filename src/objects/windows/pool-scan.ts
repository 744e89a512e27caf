/**
 * Finds objects by the tags of the pool blocks that they lie in, whether or not anything leads to them.
 *
 * Looks at every page that the kernel has mapped, each once for all the types asked for. A block counts when an object
 * header of the right type stands behind its beginning. Objects whose header was wiped when they were freed are not found.
 * Source: _POOL_HEADER and _OBJECT_TYPE.Key in Microsoft's public symbols.
 */
import type { AddressSpace } from '../../memory/address-space.js';
import { FaultLog } from '../../memory/fault-log.js';
import { StructView, type ViewContext } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { inKernelWindows } from './kernel-windows.js';
import { objectTypes } from './object-directory.js';
import { fitsBehind, objectBody, typeTest } from './object-header.js';
import { WindowSpace } from './window-space.js';

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
  const eachTagged = taggedWords(byTag, kernel.profile.pointerSize / 2);
  const space = new WindowSpace(kernel.space);
  const seeker = new HeaderSeeker(kernel, space);
  const windows = inKernelWindows(kernel, ({ address, words }) => {
    progress(address);
    space.put(address, new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    const objects: { readonly name: string; readonly header: bigint }[] = [];
    eachTagged(words, (index, tag) => {
      const start = contentsOf(kernel, address, index);
      for (const wanted of byTag.get(tag) ?? []) {
        const header = seeker.headerBehind(start, wanted);
        if (header !== undefined) objects.push({ name: wanted.name, header });
      }
    });
    return objects.length === 0 ? undefined : objects;
  });
  const found = new Map<string, ScannedObject[]>();
  for (const objects of windows) {
    for (const { name, header: address } of objects) {
      const header = kernel.struct('_OBJECT_HEADER', address);
      const known = found.get(name);
      const object = { type: name, header, body: objectBody(header) };
      if (known === undefined) found.set(name, [object]);
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
  const eachTagged = taggedWords(tags, kernel.profile.pointerSize / 2);
  const windows = inKernelWindows(kernel, ({ address, words }) => {
    progress(address);
    const blocks: PoolBlock[] = [];
    eachTagged(words, (index, tag) => blocks.push({ tag, start: contentsOf(kernel, address, index) }));
    return blocks.length === 0 ? undefined : blocks;
  });
  for (const blocks of windows) yield* blocks;
}

/** Address behind the header of a block whose tag is the word `index` of a window at `address`. */
function contentsOf(kernel: WindowsKernel, address: bigint, index: number): bigint {
  return address + BigInt((index - 1) * 4 + kernel.profile.pointerSize * 2);
}

/**
 * Calls for each word that is one of the tags. Blocks begin at multiples of two pointers, `step` words, with a header of that size
 * whose second word is the tag.
 */
function taggedWords(tags: Pick<ReadonlyMap<number, unknown>, 'has' | 'keys'>, step: number) {
  // Nearly all words are ruled out by their lowest bits, in a table that stays in the processor's nearest cache.
  const lowBits = new Uint8Array(0x1000);
  for (const tag of tags.keys()) lowBits[tag & 0xfff] = 1;
  return (words: Uint32Array, each: (index: number, tag: number) => void): void => {
    for (let index = 1; index < words.length; index += step) {
      const tag = words[index] as number;
      if (lowBits[tag & 0xfff] === 1 && tags.has(tag)) each(index, tag);
    }
  };
}

interface WantedType {
  readonly name: string;
  /** Whether the bytes at an offset, which lie at an address, are the header of an object of this type. */
  readonly isHeader: (bytes: Uint8Array, at: number, address: bigint) => boolean;
}

/** The types by their pool tags, with and without the protecting bit. Several types may share a tag. */
function tagsOf(kernel: WindowsKernel, types: readonly string[]): Map<number, WantedType[]> {
  const known = objectTypes(kernel);
  const byTag = new Map<number, WantedType[]>();
  for (const name of types) {
    const address = known.get(name);
    const key = address === undefined ? undefined : kernel.struct('_OBJECT_TYPE', address).num('Key');
    if (address === undefined || key === undefined || !isTag(key)) continue;
    const wanted = { name, isHeader: typeTest(kernel, address) };
    for (const tag of [(key & ~PROTECTED) >>> 0, (key | PROTECTED) >>> 0]) {
      byTag.set(tag, [...(byTag.get(tag) ?? []), wanted]);
    }
  }
  return byTag;
}

/** Tags are four letters. Any other word may be in memory so often that looking at each place would take hours. */
function isTag(key: number): boolean {
  const letters = [0, 8, 16, 24].map((shift) => ((key & ~PROTECTED) >>> shift) & 0xff);
  return letters.every((letter) => letter >= 0x20 && letter < 0x7f);
}

/** Looks for object headers behind the headers of pool blocks. */
class HeaderSeeker {
  readonly #kernel: WindowsKernel;
  /** The kernel as it is seen through the window at hand, without its fault log: a block that only looks alike is no damage. */
  readonly #context: ViewContext;
  readonly #size: number;
  /** What stands behind a block's header. */
  readonly #bytes: Uint8Array;

  constructor(kernel: WindowsKernel, space: AddressSpace) {
    this.#kernel = kernel;
    const { profile } = kernel;
    this.#context = { space, profile, field: (type, path) => kernel.field(type, path), faults: new FaultLog() };
    this.#size = kernel.struct('_OBJECT_HEADER', 0n).size;
    this.#bytes = new Uint8Array(MAX_PARTS + this.#size);
  }

  /**
   * Address of the object header of the wanted type at or shortly behind `start`. Of several places the one with counts of a
   * living object is taken.
   */
  headerBehind(start: bigint, wanted: WantedType): bigint | undefined {
    const bytes = this.#bytes;
    const readable = this.#context.space.read(start, bytes);
    let found: bigint | undefined;
    for (let at = 0; at + this.#size <= readable && at <= MAX_PARTS; at += this.#kernel.profile.pointerSize * 2) {
      const address = start + BigInt(at);
      if (!wanted.isHeader(bytes, at, address)) continue;
      const header = new StructView(this.#context, '_OBJECT_HEADER', address);
      if (!fitsBehind(this.#kernel, header, at)) continue;
      if (hasLivingCounts(header)) return address;
      found ??= address;
    }
    return found;
  }
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
