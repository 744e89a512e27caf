/**
 * Objects of a slab cache (SLUB): every slot of every slab page that belongs to it, and whether it is in use.
 *
 * A cache has no list of its full slabs, so all page structures are looked at. Source: mm/slub.c, mm/slab.h,
 * include/linux/mm_types.h, 4.14 to 6.12. The SLAB and SLOB allocators (gone since 6.8) are not read.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32, u64 } from '../../core/bytes.js';
import { readPointer, type StructView } from '../struct-view.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { perCpuAddresses } from './per-cpu.js';

export interface SlabObject {
  readonly address: bigint;
  /** False for a slot on a free list: what is there is the rest of a former object. */
  readonly inUse: boolean;
}

/** The slab's descriptor: a type of its own since 5.17, part of `struct page` before. */
const slabType = (kernel: LinuxKernel) => (kernel.field('slab', 'slab_cache') === undefined ? 'page' : 'slab');

/** The cache that the object at `address` was allocated from; undefined when it lies in no slab page. */
export function cacheOf(kernel: LinuxKernel, address: bigint): StructView | undefined {
  const map = directMap(kernel);
  const frame = map.frameOf(address);
  const page = frame === undefined ? undefined : map.pageStruct(frame);
  if (page === undefined) return undefined;
  // A tail page points to the head of its compound page, with the lowest bit set.
  const head = kernel.struct('page', page).ptr('compound_head') ?? 0n;
  const slab = kernel.struct(slabType(kernel), (head & 1n) === 1n ? head - 1n : page);
  return slab.follow('slab_cache', 'kmem_cache');
}

/** All slots of all slabs of a `kmem_cache`, by address. */
export function* slabObjects(kernel: LinuxKernel, cache: StructView): Generator<SlabObject> {
  const size = cache.num('size');
  // kmem_cache_order_objects: the page order above, the number of objects in the lower 16 bits.
  const layouts = [cache.num('oo.x'), cache.num('min.x')].map((x) => (x ?? 0) & 0xffff);
  if (size === undefined || size === 0 || !cache.has('cpu_slab')) return;
  const free = processorFreeSlots(kernel, cache);
  for (const { frame, slab } of slabPages(kernel, cache.address)) {
    const objects = slab.num('objects') ?? 0;
    if (!layouts.includes(objects)) continue;
    const first = directMap(kernel).addressOf(frame * PAGE_SIZE);
    const end = first + BigInt(objects * size);
    freeSlots(kernel, cache, slab.ptr('freelist') ?? 0n, free, { first, end });
    for (let address = first; address < end; address += BigInt(size)) {
      yield { address, inUse: !free.has(address) };
    }
  }
}

/** The head pages of the slabs of the cache at address `cache`. */
function* slabPages(kernel: LinuxKernel, cache: bigint): Generator<{ frame: number; slab: StructView }> {
  const { pageStruct } = directMap(kernel);
  const type = slabType(kernel);
  const pageSize = kernel.struct('page', 0n).size;
  const member = kernel.struct(type, 0n).field('slab_cache').offset;
  const read = kernel.is64Bit ? (bytes: Uint8Array, at: number) => u64(bytes, at) : u32;
  const wanted = kernel.is64Bit ? cache : Number(cache);
  const wantedLow = Number(cache & 0xffff_ffffn);
  const batch = new Uint8Array(PAGE_SIZE * pageSize);
  for (const range of kernel.memory.ranges) {
    const last = Math.floor(range.end / PAGE_SIZE);
    for (let frame = Math.floor(range.start / PAGE_SIZE); frame < last; frame += PAGE_SIZE) {
      const start = pageStruct(frame);
      if (start === undefined) return;
      const count = Math.min(PAGE_SIZE, last - frame);
      const got = kernel.space.read(start, batch.subarray(0, count * pageSize));
      for (let at = 0; at + pageSize <= got; at += pageSize) {
        if (u32(batch, at + member) !== wantedLow || read(batch, at + member) !== wanted) continue;
        const address = start + BigInt(at);
        yield { frame: frame + at / pageSize, slab: kernel.struct(type, address) };
      }
    }
  }
}

interface Extent {
  readonly first: bigint;
  readonly end: bigint;
}

/** The free slots that processors keep to themselves for their current slab. */
function processorFreeSlots(kernel: LinuxKernel, cache: StructView): Set<bigint> {
  const free = new Set<bigint>();
  const cpuSlab = cache.ptr('cpu_slab');
  if (cpuSlab === undefined) return free;
  for (const address of perCpuAddresses(kernel, cpuSlab)) {
    const first = kernel.struct('kmem_cache_cpu', address).ptr('freelist') ?? 0n;
    freeSlots(kernel, cache, first, free, undefined);
  }
  return free;
}

/** A slab holds at most 32767 objects (15 bits). */
const MAX_FREE = 32768;

/** Follows a free list into `found`; a pointer that leaves the slab (or the machine's memory) ends it. */
function freeSlots(
  kernel: LinuxKernel,
  cache: StructView,
  first: bigint,
  found: Set<bigint>,
  extent: Extent | undefined,
): void {
  const offset = BigInt(cache.num('offset') ?? 0);
  const random = cache.has('random') ? (cache.ptr('random') ?? 0n) : 0n;
  const map = directMap(kernel);
  const inside = (address: bigint) =>
    extent === undefined ? map.frameOf(address) !== undefined : address >= extent.first && address < extent.end;
  let slot = first;
  for (let count = 0; count < MAX_FREE && inside(slot) && !found.has(slot); count++) {
    found.add(slot);
    const at = slot + offset;
    const stored = readPointer(kernel, at);
    if (stored === undefined) return;
    // CONFIG_SLAB_FREELIST_HARDENED mixes in a secret and where the pointer lies, byte-swapped since 5.7.
    const next = random === 0n ? stored : stored ^ random ^ swapBytes(at, kernel.space.pointerSize);
    slot = next === 0n || inside(next) || random === 0n ? next : stored ^ random ^ at;
  }
}

function swapBytes(value: bigint, size: number): bigint {
  let swapped = 0n;
  for (let index = 0; index < size; index++) swapped = (swapped << 8n) | ((value >> BigInt(8 * index)) & 0xffn);
  return swapped;
}
