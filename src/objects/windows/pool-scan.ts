/**
 * Finds objects by the tags of the pool blocks that they lie in, whether or not anything leads to them.
 *
 * Looks at every page that the kernel has mapped, each once for all the types asked for. A block counts when an object
 * header of the right type stands behind its beginning. Objects whose header was wiped when they were freed are not found.
 * Source: _POOL_HEADER and _OBJECT_TYPE.Key in Microsoft's public symbols.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { PagedAddressSpace } from '../../memory/paged-address-space.js';
import type { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { objectTypes } from './object-directory.js';
import { objectBody, objectTypeAddress } from './object-header.js';

export interface ScannedObject {
  /** Name of its type. */
  readonly type: string;
  readonly header: StructView;
  readonly body: bigint;
}

const KERNEL_SPACE = {
  4: { start: 0x8000_0000n, end: 0x1_0000_0000n },
  8: { start: 0xffff_8000_0000_0000n, end: 0x1_0000_0000_0000_0000n },
} as const;
/** Pool tags of system objects carry this bit against being freed by the wrong tag. */
const PROTECTED = 0x8000_0000;
/** The optional parts before an object header take no more than this. */
const MAX_PARTS = 0x80;
const WINDOW = 256 * PAGE_SIZE;

/** The objects of the types named, ascending by address. `progress` hears of pages looked at. */
export function* scanObjects(
  kernel: WindowsKernel,
  types: readonly string[],
  progress: (address: bigint) => void = () => {},
): Generator<ScannedObject> {
  const byTag = tagsOf(kernel, types);
  const tags = [...byTag.keys()];
  if (tags.length === 0) return;
  // Blocks begin at multiples of two pointers, with a header of that size whose second word is the tag.
  const grain = kernel.profile.pointerSize * 2;
  for (const { address, words } of kernelWindows(kernel)) {
    progress(address);
    for (let at = 1; at < words.length; at += grain / 4) {
      const tag = words[at] as number;
      if (!tags.includes(tag)) continue;
      const found = objectIn(kernel, address + BigInt((at - 1) * 4 + grain), byTag.get(tag) as WantedType);
      if (found !== undefined) yield found;
    }
  }
}

interface WantedType {
  readonly name: string;
  /** Address of the type object. */
  readonly address: bigint;
}

/** The types by their pool tags, with and without the protecting bit. */
function tagsOf(kernel: WindowsKernel, types: readonly string[]): Map<number, WantedType> {
  const known = objectTypes(kernel);
  const byTag = new Map<number, WantedType>();
  for (const name of types) {
    const address = known.get(name);
    const key = address === undefined ? undefined : kernel.struct('_OBJECT_TYPE', address).num('Key');
    if (address === undefined || key === undefined || key === 0) continue;
    byTag.set((key & ~PROTECTED) >>> 0, { name, address });
    byTag.set((key | PROTECTED) >>> 0, { name, address });
  }
  return byTag;
}

/** The object header of the wanted type at or shortly behind `start`. A block that only looks alike is no damage. */
function objectIn(kernel: WindowsKernel, start: bigint, wanted: WantedType): ScannedObject | undefined {
  const { size } = kernel.struct('_OBJECT_HEADER', 0n);
  for (let at = 0; at <= MAX_PARTS; at += kernel.profile.pointerSize * 2) {
    const header = kernel.struct('_OBJECT_HEADER', start + BigInt(at));
    if (kernel.space.view(header.address, size) === undefined) return undefined;
    if (objectTypeAddress(kernel, header) === wanted.address) {
      return { type: wanted.name, header, body: objectBody(header) };
    }
  }
  return undefined;
}

/** What the kernel has mapped, in windows; each physical page once. */
function* kernelWindows(kernel: WindowsKernel): Generator<{ address: bigint; words: Uint32Array }> {
  const { start, end } = KERNEL_SPACE[kernel.profile.pointerSize];
  const { memory } = kernel;
  const seen = new Uint8Array(Math.ceil(memory.end / PAGE_SIZE));
  const buffer = new Uint8Array(WINDOW);
  // The tables map themselves, which a space with a fault log takes for a forgery.
  const space = new PagedAddressSpace('kernel', memory, kernel.space.mode, kernel.space.root);
  for (const run of space.mappings(start, end)) {
    const length = Number(run.end - run.start);
    for (let at = 0; at < length; ) {
      const frame = Math.floor((run.physical + at) / PAGE_SIZE);
      let pages = 0;
      while (at + pages * PAGE_SIZE < length && pages * PAGE_SIZE < WINDOW && seen[frame + pages] === 0) {
        seen[frame + pages] = 1;
        pages++;
      }
      if (pages === 0) {
        at += PAGE_SIZE;
        continue;
      }
      const got = memory.read(run.physical + at, buffer.subarray(0, pages * PAGE_SIZE));
      yield { address: run.start + BigInt(at), words: new Uint32Array(buffer.buffer, 0, got >> 2) };
      at += pages * PAGE_SIZE;
    }
  }
}
