/**
 * What the kernel uses a page frame for, where no process and no module has it mapped: stacks of its threads, page tables,
 * areas of vmalloc, its own per-processor memory and page structures, slab caches, the page cache, and free pages.
 *
 * Where pages lie by virtual addresses is `page-owners.ts`. Pages that a driver or a subsystem allocated for itself (buffers
 * of pipes and network packets) carry no name, and have no use here.
 *
 * Source: include/linux/{mm_types,vmalloc,page_ref}.h, mm/vmalloc.c, arch/x86/include/asm/page_{32,64}_types.h, 4.14 to 6.12.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { u32 } from '../../core/bytes.js';
import type { StructView } from '../struct-view.js';
import { inodeNamer } from './cached-inodes.js';
import { directMap } from './direct-map.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';
import { linuxRanges, USER_END } from './owned-ranges.js';
import { perCpuAddresses } from './per-cpu.js';
import { cacheOf } from './slab.js';
import { symbolize } from './symbolize.js';
import { processes, threadsOf } from './tasks.js';

export interface PageUse {
  readonly kind:
    | 'kernel stack'
    | 'page table'
    | 'per-CPU'
    | 'page structures'
    | 'vmalloc'
    | 'slab'
    | 'page cache'
    | 'anonymous'
    | 'free';
  /** The process, cache, file or function that has it. */
  readonly owner: string;
  readonly pid?: number | undefined;
}

const MEMO = Symbol('page use');
/** THREAD_SIZE by the size of pointers, where a stack is no area of vmalloc. */
const STACK_BYTES = { 4: 8192n, 8: 16384n } as const;
/** The most that one area may have, so that damage cannot make a walk long: 1 GiB. */
const MAX_AREA = 1n << 30n;
/** The end of all addresses. */
const TOP = { 4: 1n << 32n, 8: 1n << 64n } as const;

/** Undefined for pages that nobody's name is on. */
export function pageUse(kernel: LinuxKernel, frame: number): PageUse | undefined {
  return namedFrames(kernel).get(frame) ?? byPageStructure(kernel, frame);
}

/** Frames that are found from who uses them. The first that names a frame has it. */
function namedFrames(kernel: LinuxKernel): ReadonlyMap<number, PageUse> {
  return kernel.memo(MEMO, () => {
    const uses = new Map<number, PageUse>();
    const add = (frame: number, use: PageUse) => void (uses.has(frame) || uses.set(frame, use));
    for (const [start, end, use] of namedAreas(kernel)) {
      if (end - start > MAX_AREA) continue;
      for (const leaf of kernel.space.leafEntries(start, end)) {
        if (!leaf.present) continue;
        const count = Math.ceil(Number(leaf.end - leaf.start) / PAGE_SIZE);
        for (let index = 0; index < count; index++) add(Math.floor(leaf.physical / PAGE_SIZE) + index, use);
      }
    }
    for (const { pid, name, space, start, end } of linuxRanges(kernel)) {
      if (pid === undefined) continue;
      for (const frame of space.tableFrames(start, end)) add(frame, { kind: 'page table', owner: name, pid });
    }
    const { space } = kernel;
    for (const frame of space.tableFrames(USER_END[space.pointerSize], TOP[space.pointerSize])) {
      add(frame, { kind: 'page table', owner: 'kernel' });
    }
    return uses;
  });
}

type NamedArea = readonly [start: bigint, end: bigint, use: PageUse];

function* namedAreas(kernel: LinuxKernel): Generator<NamedArea> {
  yield* stacks(kernel);
  yield* processorAreas(kernel);
  const { pageStruct } = directMap(kernel);
  for (const range of kernel.memory.ranges) {
    const first = pageStruct(Math.floor(range.start / PAGE_SIZE));
    const last = pageStruct(Math.floor(range.end / PAGE_SIZE));
    if (first !== undefined && last !== undefined) yield [first, last, { kind: 'page structures', owner: 'kernel' }];
  }
  yield* vmallocAreas(kernel);
}

function* stacks(kernel: LinuxKernel): Generator<NamedArea> {
  for (const leader of processes(kernel)) {
    const pid = leader.num('tgid');
    for (const thread of threadsOf(kernel, leader)) {
      const stack = thread.has('stack') ? thread.ptr('stack') : undefined;
      if (stack === undefined || stack === 0n) continue;
      const end = stack + STACK_BYTES[kernel.space.pointerSize];
      yield [stack, end, { kind: 'kernel stack', owner: thread.text('comm') ?? '?', pid }];
    }
  }
}

/** The first chunk of per-processor memory: static variables and what lies behind them. */
function* processorAreas(kernel: LinuxKernel): Generator<NamedArea> {
  const start = kernel.address('__per_cpu_start');
  const end = kernel.address('__per_cpu_end');
  if (start === undefined || end === undefined) return;
  const unit = kernel.address('pcpu_unit_size');
  const bytes = unit === undefined ? undefined : kernel.space.view(unit, 4);
  const size = bytes === undefined ? 0 : u32(bytes, 0);
  for (const [processor, base] of perCpuAddresses(kernel, start).entries()) {
    const length = BigInt(Math.max(Number(end - start), size));
    yield [base, base + length, { kind: 'per-CPU', owner: `processor ${processor}` }];
  }
}

/** Until 6.8 one list has all areas; later they are in trees, which are not read. */
function* vmallocAreas(kernel: LinuxKernel): Generator<NamedArea> {
  const list = kernel.address('vmap_area_list');
  if (list === undefined || kernel.field('vmap_area', 'va_start') === undefined) return;
  for (const area of listEntries(kernel, list, 'vmap_area', 'list')) {
    const [start, end] = [area.ptr('va_start'), area.ptr('va_end')];
    if (start === undefined || end === undefined || start >= end) continue;
    const caller = area.follow('vm', 'vm_struct')?.ptr('caller') ?? 0n;
    yield [start, end, { kind: 'vmalloc', owner: symbolize(kernel, caller)?.replace(/\+0x.*$/, '') ?? 'unknown' }];
  }
}

/** What the structure of the page says. */
function byPageStructure(kernel: LinuxKernel, frame: number): PageUse | undefined {
  const map = directMap(kernel);
  const address = map.pageStruct(frame);
  if (address === undefined || kernel.field('page', '_refcount') === undefined) return undefined;
  const own = kernel.struct('page', address);
  const link = own.ptr('compound_head') ?? 0n;
  const page = (link & 1n) === 1n ? kernel.struct('page', link - 1n) : own;
  if (page.num('_refcount.counter') === 0) return { kind: 'free', owner: 'free pages' };
  const cache = cacheOf(kernel, map.addressOf(frame * PAGE_SIZE));
  const name = cache === undefined ? undefined : cacheName(cache);
  if (name !== undefined) return { kind: 'slab', owner: name };
  const mapping = page.has('mapping') ? (page.ptr('mapping') ?? 0n) : 0n;
  // PAGE_MAPPING_ANON: the rest points to the reverse mapping.
  if ((mapping & 3n) === 1n) return { kind: 'anonymous', owner: 'no process' };
  return (mapping & 3n) === 0n && mapping !== 0n ? cachedFile(kernel, mapping) : undefined;
}

/** A page structure that is no slab's has other things where the cache would stand: the name shows it. */
function cacheName(cache: StructView): string | undefined {
  const name = cache.textAt('name', 64);
  return name !== undefined && /^[\w:.()-]{2,}$/.test(name) ? name : undefined;
}

function cachedFile(kernel: LinuxKernel, mapping: bigint): PageUse | undefined {
  const inode = kernel.struct('address_space', mapping).follow('host', 'inode');
  if (inode === undefined || inode.addressOf('i_data') !== mapping) return undefined;
  const superBlock = inode.follow('i_sb', 'super_block');
  if (superBlock === undefined) return undefined;
  const number = inode.big('i_ino') ?? 0n;
  const { path, deleted } = inodeNamer(kernel, superBlock)(inode);
  const name = path ?? `inode ${number} of ${superBlock.text('s_id') ?? '?'}`;
  return { kind: 'page cache', owner: deleted ? `${name} (deleted)` : name };
}
