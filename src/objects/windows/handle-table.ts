/**
 * Handle tables: one to three levels of pages, the number of levels in the low bits of TableCode.
 * Source: _HANDLE_TABLE and _HANDLE_TABLE_ENTRY in Microsoft's public symbols; ReactOS ntoskrnl/ex/handle.c for 5.2.
 */
import { PAGE_SIZE } from '../../core/address.js';
import { readPointer, StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';

export interface OpenHandle {
  readonly handle: number;
  /** Address of the object header. */
  readonly header: bigint;
  readonly access: number | undefined;
}

/** Handles count in fours: the two lowest bits are free for their owners. */
const HANDLE_STEP = 4;
const LEVEL_BITS = 3n;
const MAX_LEVEL = 2;
/** Entries have flags in the lowest bits of the pointer. */
const POINTER_FLAGS = 7n;
/** ExpHandleTable's own limit: 2^24 handles. */
const MAX_HANDLES = 1 << 24;

/** The handles in use, ascending. */
export function* openHandles(kernel: WindowsKernel, table: StructView): Generator<OpenHandle> {
  const code = table.ptr('TableCode');
  if (code === undefined) return;
  const level = Number(code & LEVEL_BITS);
  if (level > MAX_LEVEL) {
    kernel.faults.note(table.address, 'handle table with too many levels');
    return;
  }
  const seen = new Set<bigint>();
  const budget = { pages: MAX_HANDLES / perPage(kernel) };
  yield* handlesBelow(kernel, code & ~LEVEL_BITS, level, 0, seen, budget);
}

function perPage(kernel: WindowsKernel): number {
  return Math.floor(PAGE_SIZE / kernel.struct('_HANDLE_TABLE_ENTRY', 0n).size);
}

function* handlesBelow(
  kernel: WindowsKernel,
  page: bigint,
  level: number,
  first: number,
  seen: Set<bigint>,
  budget: { pages: number },
): Generator<OpenHandle> {
  if (seen.has(page) || budget.pages-- <= 0) {
    kernel.faults.note(page, 'handle table that repeats itself');
    return;
  }
  seen.add(page);
  if (level === 0) {
    yield* handlesIn(kernel, page, first);
    return;
  }
  const { pointerSize } = kernel.profile;
  const below = perPage(kernel) * (level === 2 ? PAGE_SIZE / pointerSize : 1);
  for (let index = 0; index < PAGE_SIZE / pointerSize; index++) {
    const next = readPointer(kernel, page + BigInt(index * pointerSize));
    // Pages are added at the end: the first empty slot is the end of the table.
    if (next === undefined || next === 0n) return;
    yield* handlesBelow(kernel, next, level - 1, first + index * below, seen, budget);
  }
}

function* handlesIn(kernel: WindowsKernel, page: bigint, first: number): Generator<OpenHandle> {
  const { size } = kernel.struct('_HANDLE_TABLE_ENTRY', 0n);
  const faults = kernel.faults.count;
  for (let index = 0; index < perPage(kernel); index++) {
    const entry = new StructView(kernel, '_HANDLE_TABLE_ENTRY', page + BigInt(index * size));
    const header = headerOf(entry);
    if (kernel.faults.count !== faults) return;
    // The first entry of every page is the table's own.
    if (header === undefined || header === 0n || index === 0) continue;
    yield { handle: (first + index) * HANDLE_STEP, header, access: accessOf(entry) };
  }
}

function headerOf(entry: StructView): bigint | undefined {
  if (!entry.has('ObjectPointerBits')) {
    const object = entry.ptr('Object');
    return object === undefined ? undefined : object & ~POINTER_FLAGS;
  }
  // Since 6.2 on amd64: 44 bits, without the lowest four and the repeated uppermost ones.
  const bits = entry.big('ObjectPointerBits');
  if (bits === undefined || bits === 0n) return bits;
  return entry.context.profile.pointerSize === 8 ? (bits << 4n) | 0xffff_0000_0000_0000n : bits << 3n;
}

function accessOf(entry: StructView): number | undefined {
  return entry.num(entry.has('GrantedAccessBits') ? 'GrantedAccessBits' : 'GrantedAccess');
}
