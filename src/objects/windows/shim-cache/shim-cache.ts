/**
 * The application compatibility cache of the kernel (2003 and later), which remembers the files that programs were started
 * of. Found without symbols: its table is recognized in the data of the kernel or of ahcache.sys, the list of its entries,
 * the one used last first, begins right behind the table.
 */
import { u32, u64 } from '../../../core/bytes.js';
import type { PeImage } from '../../../formats/pe/pe-image.js';
import { chain } from '../../chain.js';
import { readPointer } from '../../struct-view.js';
import type { WindowsKernel } from '../kernel.js';
import { kernelModules, moduleFacts } from '../loaded-modules.js';
import { mappedImage, sectionPages } from '../mapped-image.js';
import { stringText } from '../unicode-string.js';
import { genericTableSize, isGenericTable } from './generic-table.js';
import type { ShimCacheEntry } from './shim-cache-entry.js';
import { INSERTED_BY_CSRSS, type ShimCacheLayout } from './shim-cache-layouts.js';

const MAX_PATH_BYTES = 2048;
/** IMAGE_SCN_MEM_WRITE */
const WRITABLE = 0x8000_0000;

/** Address of the head of the list of entries; undefined when no cache can be recognized. */
export function findShimCache(kernel: WindowsKernel, { kept }: ShimCacheLayout): bigint | undefined {
  const kernelBase = kernel.location.base;
  if ('in' in kept) return first(tablesIn(kernel, kernelBase));
  const base = kept.by === 'kernel' ? kernelBase : moduleBase(kernel, kept.by);
  if (base === undefined) return undefined;
  const heads = [...tablesBehind(kernel, base, kept.which + 1)];
  return heads[kept.which];
}

/** The entries from the head at `head` on. */
export function* shimCacheEntries(
  kernel: WindowsKernel,
  head: bigint,
  layout: ShimCacheLayout,
): Generator<ShimCacheEntry> {
  const next = (node: bigint) => readPointer(kernel, node);
  for (const offset of chain(kernel, next(head), next, (node) => node === head || node === 0n)) {
    const path = stringText(kernel.struct('_UNICODE_STRING', offset + BigInt(layout.path)), kernel, MAX_PATH_BYTES);
    const at = layout.detail === undefined ? offset : readPointer(kernel, offset + BigInt(layout.detail));
    yield { path, offset, ...facts(kernel, at, layout) };
  }
}

function facts(kernel: WindowsKernel, at: bigint | undefined, { modified, size, flags, blob }: ShimCacheLayout) {
  if (at === undefined || at === 0n) return { modified: undefined };
  const bytes = (offset: number, length: number) => kernel.space.view(at + BigInt(offset), length)?.slice();
  const word = (offset: number) => {
    const found = bytes(offset, 4);
    return found && u32(found, 0);
  };
  const time = bytes(modified, 8);
  if (time === undefined) kernel.faults.note(at, kernel.space.name);
  const inserted = flags === undefined ? undefined : word(flags);
  return {
    modified: time && u64(time, 0),
    ...(size !== undefined && { size: word(size) }),
    ...(inserted !== undefined && { executed: (inserted & INSERTED_BY_CSRSS) !== 0 }),
    ...(blob !== undefined && { executed: executedByBlob(kernel, at, blob) }),
  };
}

function executedByBlob(
  kernel: WindowsKernel,
  at: bigint,
  blob: NonNullable<ShimCacheLayout['blob']>,
): boolean | undefined {
  const size = kernel.space.view(at + BigInt(blob.size), 4);
  if (size === undefined || u32(size, 0) < 4) return undefined;
  const data = readPointer(kernel, at + BigInt(blob.data));
  const bytes = data === undefined || data === 0n ? undefined : kernel.space.view(data, 4);
  return bytes && u32(bytes, 0) !== 0;
}

/** Pages of what the image writes to. */
function writableData(kernel: WindowsKernel, base: bigint, image: PeImage) {
  const reach = genericTableSize(kernel.profile.pointerSize);
  return sectionPages(kernel.space, base, image, reach, ({ characteristics }) => (characteristics & WRITABLE) !== 0);
}

/** Heads behind tables that lie in the image's data, whose routines are in the image. */
function* tablesIn(kernel: WindowsKernel, base: bigint): Generator<bigint> {
  const { pointerSize } = kernel.profile;
  const image = mappedImage(kernel.space, base);
  if (image === undefined) return;
  const isCode = within(base, image);
  for (const { address, bytes, length } of writableData(kernel, base, image)) {
    for (let at = 0; at + pointerSize <= length; at += pointerSize) {
      const table = address + BigInt(at);
      if (!isGenericTable(bytes, at, table, pointerSize, isCode)) continue;
      const head = table + BigInt(genericTableSize(pointerSize));
      if (isListHead(kernel, head)) yield head;
    }
  }
}

/** Heads behind tables in the pool that the image's data leads to through a pair of pointers, at most `limit`. */
function* tablesBehind(kernel: WindowsKernel, base: bigint, limit: number): Generator<bigint> {
  const { pointerSize } = kernel.profile;
  const image = mappedImage(kernel.space, base);
  if (image === undefined) return;
  const isCode = within(base, image);
  let found = 0;
  for (const { bytes, length } of writableData(kernel, base, image)) {
    for (let at = 0; at + pointerSize <= length; at += pointerSize) {
      const pair = pointerSize === 8 ? u64(bytes, at) : BigInt(u32(bytes, at));
      const head = pair < KERNEL_HALF[pointerSize] ? undefined : headOf(kernel, pair, isCode);
      if (head === undefined) continue;
      yield head;
      if (++found === limit) return;
    }
  }
}

const KERNEL_HALF = { 4: 0x8000_0000n, 8: 0xffff_8000_0000_0000n } as const;

/** The head behind the table that the second pointer of a pair leads to; the first leads to a lock, which is on a list. */
function headOf(kernel: WindowsKernel, pair: bigint, isCode: (address: bigint) => boolean): bigint | undefined {
  const { pointerSize } = kernel.profile;
  const lock = pointerAt(kernel, pair);
  const table = pointerAt(kernel, pair + BigInt(pointerSize));
  if (lock === undefined || table === undefined || !isListHead(kernel, lock)) return undefined;
  const size = genericTableSize(pointerSize);
  const bytes = kernel.space.view(table, size);
  if (bytes === undefined || !isGenericTable(bytes, 0, table, pointerSize, isCode)) return undefined;
  const head = table + BigInt(size);
  return isListHead(kernel, head) ? head : undefined;
}

function within(base: bigint, { headers }: PeImage): (address: bigint) => boolean {
  const end = base + BigInt(headers.imageSize);
  return (address) => address > base && address < end;
}

/** What follows it points back at it; an empty list's head points at itself. */
function isListHead(kernel: WindowsKernel, head: bigint): boolean {
  const next = pointerAt(kernel, head);
  return next !== undefined && pointerAt(kernel, next + BigInt(kernel.profile.pointerSize)) === head;
}

/** Looked at without the fault log: what only looks alike is no damage. */
function pointerAt(kernel: WindowsKernel, address: bigint): bigint | undefined {
  const bytes = kernel.space.view(address, kernel.profile.pointerSize);
  if (bytes === undefined) return undefined;
  return kernel.profile.pointerSize === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0));
}

function moduleBase(kernel: WindowsKernel, name: string): bigint | undefined {
  for (const module of kernelModules(kernel)) {
    const facts = moduleFacts(module);
    if (facts.name?.toLowerCase() === name) return facts.base;
  }
  return undefined;
}

function first<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value;
  return undefined;
}
