/**
 * Linear to physical by the guest's page tables, with permission checks and accessed/dirty bits (SDM volume 3, 4.3-4.8).
 *
 * Works on (low, high) halves of an address as numbers, because it is on the TLB-miss path. Knows no TLB.
 */
import { CR0, CR4, EFER } from '../cpu/control-bits.js';
import type { CpuState } from '../cpu/cpu-state.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';
import { pagingMode } from './paging-modes.js';
import type { PhysicalPages } from './physical-pages.js';

/** Bits of a page-fault error code (SDM volume 3, 4.7). */
export const FAULT = { present: 1, write: 2, user: 4, reserved: 8, fetch: 16 } as const;

const CR3 = stateAddress('cr3') >> 2;

const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
const ACCESSED = 0x20;
const DIRTY = 0x40;
const PAGE_SIZE_BIT = 0x80;
const GLOBAL = 0x100;

const MOST_LEVELS = 4;
/** MAXPHYADDR is 40 bits for both models; entry bits 51:40 are reserved. */
const RESERVED_HIGH = 0x000fff00;
const NO_EXECUTE = 0x80000000 | 0;

export class PageWalker {
  private readonly state: CpuState;
  private readonly pages: PhysicalPages;
  /** Called when the walker changed a page that code was made from. */
  private readonly onCodeWrite: (address: number) => void;

  /** Addresses of the entries that a walk went through and may mark. */
  private readonly visited = new Float64Array(MOST_LEVELS);

  // Results of the last walk.
  frame = 0;
  errorCode = 0;
  writable = false;
  /** The entry's D bit is set, so a later write needs no walk. */
  dirty = false;
  global = false;
  /** With CR4.SMAP: a supervisor's access to a user page, which is checked anew each time. */
  guarded = false;
  /** For the next walk: EFLAGS.AC lets the supervisor into user pages (SDM volume 3, 4.6.1). */
  mayTouchUser = false;

  constructor(state: CpuState, pages: PhysicalPages, onCodeWrite: (address: number) => void) {
    this.state = state;
    this.pages = pages;
    this.onCodeWrite = onCodeWrite;
  }

  /** True with `frame` etc. set, or false with `errorCode` set. `high` is 0 outside 64-bit mode. */
  walk(low: number, high: number, write: boolean, user: boolean, fetch: boolean): boolean {
    const { state } = this;
    const { cr0, cr4, efer } = state;
    const mode = pagingMode(cr0, cr4, efer);
    this.errorCode = (write ? FAULT.write : 0) | (user ? FAULT.user : 0);
    if (mode === undefined) {
      this.frame = low >>> 12;
      this.writable = true;
      this.dirty = true;
      this.global = false;
      this.guarded = false;
      return true;
    }
    const noExecute = (efer & EFER.NXE) !== 0 && mode.entryBytes === 8;
    if (fetch && (noExecute || (cr4 & CR4.SMEP) !== 0)) this.errorCode |= FAULT.fetch;
    const cr3 = ((state.i32[CR3 + 1] as number) & 0xff) * 2 ** 32 + ((state.i32[CR3] as number) >>> 0);
    let table = mode.entryBytes === 8 && mode.levels.length === 3 ? cr3 % 2 ** 32 : cr3;
    table -= table % (mode.levels.length === 3 && mode.entryBytes === 8 ? 32 : 4096);
    let allowed = WRITABLE | USER;
    let mayExecute = true;
    let visited = 0;
    let used = ACCESSED;
    for (const level of mode.levels) {
      const index = indexOf(low, high, level.shift) & ((1 << level.indexBits) - 1);
      const address = table + index * mode.entryBytes;
      const entry = this.read(address);
      const entryHigh = mode.entryBytes === 8 ? this.read(address + 4) : 0;
      if ((entry & PRESENT) === 0) return false;
      const isPage =
        level.shift === 12 ||
        (level.canBePage && (entry & PAGE_SIZE_BIT) !== 0 && (mode.entryBytes === 8 || (cr4 & CR4.PSE) !== 0));
      if (this.hasReserved(entry, entryHigh, mode.entryBytes, level.shift, isPage, level.canBePage, noExecute)) {
        this.errorCode |= FAULT.present | FAULT.reserved;
        return false;
      }
      if (!level.pointerOnly) {
        allowed &= entry;
        if (noExecute && (entryHigh & NO_EXECUTE) !== 0) mayExecute = false;
        used &= entry;
        this.visited[visited++] = address;
      }
      if (!isPage) {
        table = (entryHigh & 0xff) * 2 ** 32 + ((entry & 0xfffff000) >>> 0);
        continue;
      }
      const isUser = (allowed & USER) !== 0;
      const writeProtected = (allowed & WRITABLE) === 0 && (user || (cr0 & CR0.WP) !== 0);
      const guarded = !user && !fetch && isUser && (cr4 & CR4.SMAP) !== 0;
      const refused =
        (user && !isUser) ||
        (guarded && !this.mayTouchUser) ||
        (write && writeProtected) ||
        (fetch && (!mayExecute || (!user && isUser && (cr4 & CR4.SMEP) !== 0)));
      if (refused) {
        this.errorCode |= FAULT.present;
        return false;
      }
      if (used === 0 || (write && (entry & DIRTY) === 0)) this.markUsed(visited, entry, write);
      this.writable = (allowed & WRITABLE) !== 0 || (!user && (cr0 & CR0.WP) === 0);
      this.guarded = guarded;
      this.dirty = write || (entry & DIRTY) !== 0;
      this.global = (entry & GLOBAL) !== 0 && (cr4 & CR4.PGE) !== 0;
      this.frame = frameOf(entry, entryHigh, mode.entryBytes, level.shift, low);
      return true;
    }
    return false;
  }

  private hasReserved(
    entry: number,
    high: number,
    entryBytes: number,
    shift: number,
    isPage: boolean,
    canBePage: boolean,
    noExecute: boolean,
  ): boolean {
    if (entryBytes === 4) return shift === 22 && isPage && (entry & 0x0020_0000) !== 0;
    if ((high & RESERVED_HIGH) !== 0) return true;
    if (!noExecute && (high & NO_EXECUTE) !== 0) return true;
    if (!isPage) return !canBePage && shift === 39 && (entry & PAGE_SIZE_BIT) !== 0;
    if (shift === 21) return (entry & 0x001f_e000) !== 0;
    return shift === 30 && (entry & 0x3fff_e000) !== 0;
  }

  /** Sets the accessed bits of the first `count` visited entries, and the dirty bit of the last for a write. */
  private markUsed(count: number, leaf: number, write: boolean): void {
    for (let i = 0; i < count; i++) {
      const address = this.visited[i] as number;
      const isLeaf = i === count - 1;
      const old = isLeaf ? leaf : this.read(address);
      const next = old | ACCESSED | (isLeaf && write ? DIRTY : 0);
      if (next !== old) this.write(address, next);
    }
  }

  /** A dword of guest-physical memory; outside RAM reads as all ones. */
  read(address: number): number {
    if (!this.pages.isRam(Math.floor(address / 4096))) return -1;
    return this.state.i32[(RAM_BASE + address) >> 2] as number;
  }

  private write(address: number, value: number): void {
    const frame = Math.floor(address / 4096);
    if (!this.pages.isRam(frame)) return;
    this.state.i32[(RAM_BASE + address) >> 2] = value;
    this.pages.dirty[frame] = 1;
    if (this.pages.code[frame] !== 0) this.onCodeWrite(address);
  }
}

function indexOf(low: number, high: number, shift: number): number {
  if (shift >= 32) return high >>> (shift - 32);
  if (shift === 30) return (low >>> 30) | (high << 2);
  return low >>> shift;
}

/** Physical page number of the 4 KiB page inside a page of 2^shift bytes. */
function frameOf(entry: number, high: number, entryBytes: number, shift: number, low: number): number {
  const offsetBits = (1 << shift) - 1;
  const inside = (low & offsetBits) >>> 12;
  const base = (entry & ~offsetBits) >>> 12;
  if (entryBytes === 8) return (high & 0xff) * 2 ** 20 + base + inside;
  // PSE-36: bits 20:13 of a 4 MiB entry are address bits 39:32.
  const extended = shift === 22 ? ((entry >>> 13) & 0xff) * 2 ** 20 : 0;
  return extended + base + inside;
}
