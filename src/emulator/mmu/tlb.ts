/**
 * The TLB as the host fills and flushes it, and the map of executable pages beside it.
 *
 * Data entries are a function of the sequence of data accesses alone, and the fetch map forgets nothing between
 * flushes, so what a guest can observe of them (stale entries, accessed bits) is the same in both tiers.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { EMPTY_TLB_BASE, RAM_BASE } from '../cpu/memory-map.js';
import type { PhysicalPages } from './physical-pages.js';
import {
  TLB_BYTES, TLB_ENTRIES, TLB_ENTRY_BYTES, TLB_GLOBAL, TLB_OFFSETS, TLB_SUPERVISOR, TLB_VALID, TLB_WRITABLE,
} from './tlb-layout.js'; // biome-ignore format: one import

const WORDS = TLB_ENTRY_BYTES / 4;
const READ_TAG = TLB_OFFSETS.readTag / 4;
const WRITE_TAG = TLB_OFFSETS.writeTag / 4;
const PAGE = TLB_OFFSETS.page / 4;
const ADDEND = TLB_OFFSETS.addend / 4;
const FRAME = TLB_OFFSETS.frame / 4;
const EMPTY = 1;

export class Tlb {
  private readonly i32: Int32Array;
  private readonly pages: PhysicalPages;
  /** Executable translations since the last flush, page number x 2 + user -> frame: of global pages and of others. */
  private readonly globalFetches = new Map<number, number>();
  private readonly localFetches = new Map<number, number>();
  /** Entries that were filled with pages that are not global since the last flush, so that a flush finds them. */
  private readonly local = new Int32Array(TLB_ENTRIES);
  private localCount = 0;

  constructor(state: CpuState, pages: PhysicalPages) {
    this.i32 = state.i32;
    this.pages = pages;
    for (let i = 0; i < TLB_ENTRIES; i++) {
      const entry = (EMPTY_TLB_BASE >> 2) + i * WORDS;
      this.i32[entry + READ_TAG] = EMPTY;
      this.i32[entry + WRITE_TAG] = EMPTY;
    }
    this.flush(true);
  }

  /** Word index of the entry for an address; it may hold another page. */
  entry(low: number, user: boolean): number {
    return ((TLB_SUPERVISOR + (user ? TLB_BYTES : 0)) >> 2) + ((low >>> 12) & (TLB_ENTRIES - 1)) * WORDS;
  }

  /** Does the entry translate this page? */
  holds(entry: number, low: number, high: number): boolean {
    const page = this.i32[entry + PAGE] as number;
    return ((page ^ low) & ~0xfff) === 0 && (page & TLB_VALID) !== 0 && this.i32[entry + PAGE + 1] === high;
  }

  frame(entry: number): number {
    return (this.i32[entry + FRAME] as number) >>> 0;
  }

  /** May a write go ahead without a walk (page writable and its D bit set)? */
  isWritable(entry: number): boolean {
    return ((this.i32[entry + PAGE] as number) & TLB_WRITABLE) !== 0;
  }

  /** Records a translation; `writable` only when its D bit is set too. */
  fill(entry: number, low: number, high: number, frame: number, writable: boolean, global: boolean): void {
    const { i32 } = this;
    const page = low & ~0xfff;
    const ram = this.pages.isRam(frame);
    i32[entry + READ_TAG] = ram ? page : EMPTY;
    i32[entry + READ_TAG + 1] = ram ? high : 0;
    i32[entry + WRITE_TAG] = EMPTY;
    i32[entry + WRITE_TAG + 1] = 0;
    i32[entry + PAGE] = page | TLB_VALID | (writable ? TLB_WRITABLE : 0) | (global ? TLB_GLOBAL : 0);
    i32[entry + PAGE + 1] = high;
    i32[entry + ADDEND] = (RAM_BASE + frame * 4096 - page) | 0;
    i32[entry + FRAME] = frame | 0;
    if (!global && this.localCount <= TLB_ENTRIES) this.local[this.localCount++] = entry;
  }

  /** Opens the fast path for writes to a filled entry of a plain page. */
  openWrites(entry: number): void {
    this.i32[entry + WRITE_TAG] = (this.i32[entry + PAGE] as number) & ~0xfff;
    this.i32[entry + WRITE_TAG + 1] = this.i32[entry + PAGE + 1] as number;
  }

  /** Closes the fast path for writes: to one frame (it holds code now), or to all (a new dirty interval began). */
  closeWrites(frame: number | undefined): void {
    const first = TLB_SUPERVISOR >> 2;
    for (let i = 0; i < 2 * TLB_ENTRIES; i++) {
      const entry = first + i * WORDS;
      if (frame !== undefined && this.i32[entry + FRAME] !== frame) continue;
      this.i32[entry + WRITE_TAG] = EMPTY;
      this.i32[entry + WRITE_TAG + 1] = 0;
    }
  }

  private drop(entry: number): void {
    this.i32[entry + READ_TAG] = EMPTY;
    this.i32[entry + READ_TAG + 1] = 0;
    this.i32[entry + WRITE_TAG] = EMPTY;
    this.i32[entry + WRITE_TAG + 1] = 0;
    this.i32[entry + PAGE] = 0;
  }

  /** Drops everything, or everything that is not global. */
  flush(globalToo: boolean): void {
    this.localFetches.clear();
    if (globalToo) this.globalFetches.clear();
    if (globalToo || this.localCount > TLB_ENTRIES) this.search(globalToo);
    else for (let i = 0; i < this.localCount; i++) this.dropLocal(this.local[i] as number);
    this.localCount = 0;
  }

  private search(globalToo: boolean): void {
    const first = TLB_SUPERVISOR >> 2;
    for (let i = 0; i < 2 * TLB_ENTRIES; i++) {
      if (globalToo) this.drop(first + i * WORDS);
      else this.dropLocal(first + i * WORDS);
    }
  }

  private dropLocal(entry: number): void {
    if (((this.i32[entry + PAGE] as number) & TLB_GLOBAL) === 0) this.drop(entry);
  }

  /** INVLPG: drops one page, global or not. True when it was executable. */
  flushPage(low: number, high: number): boolean {
    let executable = false;
    for (const user of [false, true]) {
      const entry = this.entry(low, user);
      if (this.holds(entry, low, high)) this.drop(entry);
      const key = fetchKey(low, high, user);
      if (this.globalFetches.delete(key)) executable = true;
      if (this.localFetches.delete(key)) executable = true;
    }
    return executable;
  }

  /** Frame x 2 + global of an executable page, or undefined. */
  fetched(low: number, high: number, user: boolean): number | undefined {
    const key = fetchKey(low, high, user);
    const frame = this.globalFetches.get(key);
    if (frame !== undefined) return frame * 2 + 1;
    const local = this.localFetches.get(key);
    return local === undefined ? undefined : local * 2;
  }

  noteFetch(low: number, high: number, user: boolean, frame: number, global: boolean): void {
    (global ? this.globalFetches : this.localFetches).set(fetchKey(low, high, user), frame);
  }

  /** The whole content as numbers, for save and restore: the fetch map as pairs, then [slot, page, high, frame] an entry. */
  save(): number[] {
    const fetches = [
      ...[...this.globalFetches].map(([key, frame]) => [key, frame * 2 + 1] as const),
      ...[...this.localFetches].map(([key, frame]) => [key, frame * 2] as const),
    ].sort((x, y) => x[0] - y[0]);
    const numbers: number[] = [fetches.length];
    for (const [key, value] of fetches) numbers.push(key, value);
    for (let slot = 0; slot < 2 * TLB_ENTRIES; slot++) {
      const entry = (TLB_SUPERVISOR >> 2) + slot * WORDS;
      const page = this.i32[entry + PAGE] as number;
      if ((page & TLB_VALID) !== 0) {
        numbers.push(slot, page, this.i32[entry + PAGE + 1] as number, this.frame(entry));
      }
    }
    return numbers;
  }

  /** Takes back what `save` gave. Writes find their way to the fast path again one by one. */
  load(numbers: readonly number[]): void {
    this.flush(true);
    const at = (index: number): number => numbers[index] as number;
    const fetchEnd = 1 + 2 * at(0);
    for (let i = 1; i < fetchEnd; i += 2) {
      const value = at(i + 1);
      ((value & 1) !== 0 ? this.globalFetches : this.localFetches).set(at(i), Math.floor(value / 2));
    }
    for (let i = fetchEnd; i < numbers.length; i += 4) {
      const page = at(i + 1);
      const entry = (TLB_SUPERVISOR >> 2) + at(i) * WORDS;
      this.fill(entry, page, at(i + 2), at(i + 3), (page & TLB_WRITABLE) !== 0, (page & TLB_GLOBAL) !== 0);
    }
  }
}

function fetchKey(low: number, high: number, user: boolean): number {
  return ((high >>> 0) * 2 ** 20 + (low >>> 12)) * 2 + (user ? 1 : 0);
}
