/**
 * The page-table walker: one for every paging mode, driven by the records in `paging-modes.ts`.
 *
 * It knows the processor's rules only. What an operating system hides in non-present entries (swap slots,
 * PROT_NONE pages that are still in memory) is told to it by a `NonPresentResolver`.
 */
import { PAGE_SIZE, type PhysicalAddress, type VirtualAddress } from '../core/address.js';
import { u32 } from '../core/bytes.js';
import type { AddressSpace, Mapping, Translation } from './address-space.js';
import type { FaultLog } from './fault-log.js';
import { ENTRY, type PagingMode } from './paging-modes.js';
import type { PhysicalMemory } from './physical-memory.js';

/**
 * Says where the page behind a non-present leaf entry still lies, by the OS's own encoding; undefined when it is not in
 * memory. `entry` is the raw leaf entry.
 */
export type NonPresentResolver = (entry: bigint) => PhysicalAddress | undefined;

export interface PagedAddressSpaceOptions {
  readonly resolveNonPresent?: NonPresentResolver | undefined;
  /** Told when a walk over the tables had to be cut short (see `mappings`). */
  readonly faults?: FaultLog | undefined;
}

const TLB_SLOTS = 2048;
const TWO_32 = 0x1_0000_0000;

/** A non-empty leaf entry of the tables, clipped to what was asked for. */
export interface LeafEntry extends Mapping {
  /** False for an entry that the processor ignores; `physical` is then without meaning. */
  readonly present: boolean;
  /** The entry itself, lower and upper 32 bits. */
  readonly low: number;
  readonly high: number;
}

/**
 * Forged tables can share or contain each other: 512^4 leaves from one page. No honest walk meets more tables than the
 * image has frames, or one table below itself, or maps all of memory this often.
 */
interface TableWalk {
  readonly start: bigint;
  readonly end: bigint;
  /** Tables that may still be visited, and bytes that may still be mapped. */
  tables: number;
  bytes: bigint;
  /** The tables above the one being read. */
  readonly path: number[];
}

const MIN_TABLES = 4096;
const MAX_TIMES_MAPPED = 4;
const MIN_MAPPED = 4n << 30n;

interface Rights {
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
}

/** Why a walk ended: `physical` >= 0 is the address of the byte, -1 says that `Translation` has the reason. */
interface Walk {
  physical: number;
  level: number;
  low: number;
  high: number;
  pageSize: number;
  writable: boolean;
  user: boolean;
  executable: boolean;
  reason: 'mapped' | 'empty' | 'non-present' | 'unreadable' | 'non-canonical' | 'malformed';
}

export class PagedAddressSpace implements AddressSpace {
  readonly name: string;
  readonly memory: PhysicalMemory;
  readonly mode: PagingMode;
  readonly root: PhysicalAddress;
  readonly pointerSize: 4 | 8;
  readonly #options: PagedAddressSpaceOptions;
  // A direct-mapped translation cache: page number -> physical page address. Image memory does not change under us.
  readonly #tags = new Float64Array(TLB_SLOTS).fill(-1);
  readonly #frames = new Float64Array(TLB_SLOTS);
  readonly #walk: Walk = {
    physical: -1,
    level: 0,
    low: 0,
    high: 0,
    pageSize: 0,
    writable: false,
    user: false,
    executable: false,
    reason: 'empty',
  };

  /**
   * @param root physical address of the top-level table; bits outside of the mode's `rootMask` (PCID, PTI's) are ignored
   */
  constructor(
    name: string,
    memory: PhysicalMemory,
    mode: PagingMode,
    root: PhysicalAddress,
    options: PagedAddressSpaceOptions = {},
  ) {
    this.name = name;
    this.memory = memory;
    this.mode = mode;
    this.pointerSize = mode.pointerSize;
    const mask = BigInt(mode.rootMask);
    this.root = Number(BigInt(root) & mask);
    this.#options = options;
  }

  translate(address: VirtualAddress): Translation {
    const walk = this.#walkTo(address);
    const entry = BigInt(walk.low) | (BigInt(walk.high) << 32n);
    if (walk.reason !== 'mapped') return { kind: 'not-mapped', reason: walk.reason, level: walk.level, entry };
    return {
      kind: 'mapped',
      physical: walk.physical,
      pageSize: walk.pageSize,
      writable: walk.writable,
      user: walk.user,
      executable: walk.executable,
      accessed: (walk.low & ENTRY.accessed) !== 0,
      dirty: (walk.low & ENTRY.dirty) !== 0,
      entry,
    };
  }

  view(address: VirtualAddress, length: number): Uint8Array | undefined {
    const inPage = Number(address & 0xfffn);
    if (inPage + length <= PAGE_SIZE) {
      const base = this.#pageOf(address);
      if (base < 0) return undefined;
      return this.memory.page(base / PAGE_SIZE)?.subarray(inPage, inPage + length);
    }
    const copy = new Uint8Array(length);
    return this.read(address, copy) === length ? copy : undefined;
  }

  read(address: VirtualAddress, target: Uint8Array): number {
    let done = 0;
    while (done < target.length) {
      const at = this.#wrap(address + BigInt(done));
      const inPage = Number(at & 0xfffn);
      const wanted = Math.min(PAGE_SIZE - inPage, target.length - done);
      const base = this.#pageOf(at);
      if (base < 0) break;
      const got = this.memory.read(base + inPage, target.subarray(done, done + wanted));
      done += got;
      if (got < wanted) break;
    }
    return done;
  }

  *mappings(start: VirtualAddress, end: VirtualAddress): Generator<Mapping> {
    let run: { -readonly [K in keyof Mapping]: Mapping[K] } | undefined;
    for (const leaf of this.leafEntries(start, end)) {
      if (!leaf.present) continue;
      if (
        run !== undefined &&
        run.end === leaf.start &&
        run.physical + Number(run.end - run.start) === leaf.physical &&
        run.pageSize === leaf.pageSize &&
        run.writable === leaf.writable &&
        run.user === leaf.user &&
        run.executable === leaf.executable
      ) {
        run.end = leaf.end;
        continue;
      }
      if (run !== undefined) yield run;
      const { low: _low, high: _high, present: _present, ...mapping } = leaf;
      run = mapping;
    }
    if (run !== undefined) yield run;
  }

  /**
   * The non-empty leaf entries between `start` and `end`, ascending, page by page: those that map a page, and those that
   * the processor ignores and in which an operating system keeps swap slots and the like.
   */
  leafEntries(start: VirtualAddress, end: VirtualAddress): Generator<LeafEntry> {
    const walk: TableWalk = {
      start,
      end,
      tables: Math.max(MIN_TABLES, this.memory.end / PAGE_SIZE),
      bytes: BigInt(MAX_TIMES_MAPPED * this.memory.end) + MIN_MAPPED,
      path: [],
    };
    const everything = { writable: true, user: true, executable: true };
    return this.#leaves(this.root, 0, 0n, everything, walk);
  }

  /** Page frames of the tables that say what lies between `start` and `end`, each once however often it is used. */
  tableFrames(start: VirtualAddress, end: VirtualAddress): number[] {
    const tables = new Set<number>();
    this.#addTables(this.root, 0, 0n, { start, end }, tables);
    return [...tables].map((table) => Math.floor(table / PAGE_SIZE));
  }

  #addTables(table: number, depth: number, base: bigint, within: Pick<TableWalk, 'start' | 'end'>, found: Set<number>) {
    const { levels, entrySize } = this.mode;
    const level = levels[depth];
    if (level === undefined || found.has(table)) return;
    const bytes = new Uint8Array(entrySize << level.bits);
    const readable = this.memory.read(table, bytes);
    if (readable < bytes.length) return;
    found.add(table);
    if (depth === levels.length - 1) return;
    const span = 1n << BigInt(level.shift);
    for (let index = 0; index < 1 << level.bits; index++) {
      const low = u32(bytes, index * entrySize);
      if ((low & ENTRY.present) === 0 || (level.large && (low & ENTRY.large) !== 0)) continue;
      const address = this.#canonical(base + BigInt(index) * span);
      if (address + span <= within.start || address >= within.end) continue;
      const high = entrySize === 8 ? u32(bytes, index * entrySize + 4) : 0;
      this.#addTables(this.#frameOf(low, high, 12), depth + 1, address, within, found);
    }
  }

  /** Every non-empty leaf below one table, clipped to [start, end). */
  *#leaves(table: number, depth: number, base: bigint, rights: Rights, walk: TableWalk): Generator<LeafEntry> {
    if (walk.tables-- <= 0 || walk.path.includes(table)) {
      this.#options.faults?.note(base, `${this.name}: page tables repeat themselves`);
      return;
    }
    const { start, end } = walk;
    const { levels, entrySize } = this.mode;
    const level = levels[depth]!;
    const span = 1n << BigInt(level.shift);
    const bytes = new Uint8Array(entrySize << level.bits);
    const readable = this.memory.read(table, bytes);
    const first =
      depth === 0
        ? Number((start >> BigInt(level.shift)) & BigInt((1 << level.bits) - 1))
        : start > base
          ? Number((start - base) >> BigInt(level.shift))
          : 0;
    const count = Math.min(1 << level.bits, Math.floor(readable / entrySize));
    for (let index = first; index < count; index++) {
      const low = u32(bytes, index * entrySize);
      const high = entrySize === 8 ? u32(bytes, index * entrySize + 4) : 0;
      // Most entries are empty: nothing else is computed for them.
      if (low === 0 && high === 0) continue;
      const address = this.#canonical(base + BigInt(index) * span);
      if (address >= end) break;
      const present = (low & ENTRY.present) !== 0;
      const own = this.#rights(low, high, depth, rights);
      const isLeaf = !present || depth === levels.length - 1 || (level.large && (low & ENTRY.large) !== 0);
      if (!isLeaf) {
        walk.path.push(table);
        yield* this.#leaves(this.#frameOf(low, high, 12), depth + 1, address, own, walk);
        walk.path.pop();
        if (walk.bytes < 0n || walk.tables < 0) return;
        continue;
      }
      if (address + span <= start || address >= end) continue;
      const from = address < start ? start : address;
      const to = address + span > end ? end : address + span;
      if (present) walk.bytes -= to - from;
      if (walk.bytes < 0n) {
        this.#options.faults?.note(from, `${this.name}: more is mapped than there can be`);
        return;
      }
      yield {
        start: from,
        end: to,
        physical: this.#frameOf(low, high, level.shift) + Number(from - address),
        pageSize: 2 ** level.shift,
        ...own,
        present,
        low,
        high,
      };
    }
  }

  #canonical(address: bigint): bigint {
    const { virtualBits } = this.mode;
    return virtualBits === 32 ? address : BigInt.asUintN(64, BigInt.asIntN(virtualBits, address));
  }

  #wrap(address: bigint): bigint {
    return BigInt.asUintN(this.pointerSize * 8, address);
  }

  #rights(low: number, high: number, depth: number, above: Rights): Rights {
    if (depth === 0 && this.mode.topHasNoRights) return above;
    return {
      writable: above.writable && (low & ENTRY.writable) !== 0,
      user: above.user && (low & ENTRY.user) !== 0,
      executable: above.executable && (high & ENTRY.noExecuteHigh) === 0,
    };
  }

  /** Physical address in an entry that maps 2^shift bytes (or points at a table, shift 12). */
  #frameOf(low: number, high: number, shift: number): number {
    const aligned = Math.floor(low / 2 ** shift) * 2 ** shift;
    if (this.mode.pse36 && shift > 12) return aligned + ((low >>> 13) & 0xff) * TWO_32;
    return aligned + (high & ENTRY.frameHigh) * TWO_32;
  }

  /** Physical address of the page that holds `address`, or -1. */
  #pageOf(address: bigint): number {
    const page = Number(address >> 12n);
    const slot = page % TLB_SLOTS;
    if (this.#tags[slot] === page) return this.#frames[slot]!;
    const walk = this.#walkTo(address);
    if (walk.physical < 0) return -1;
    const base = walk.physical - Number(address & 0xfffn);
    this.#tags[slot] = page;
    this.#frames[slot] = base;
    return base;
  }

  /** The walk itself. The returned record is reused by the next call. */
  #walkTo(address: bigint): Walk {
    const walk = this.#walk;
    const { levels, entrySize } = this.mode;
    walk.physical = -1;
    walk.low = 0;
    walk.high = 0;
    walk.level = levels.length;
    walk.writable = true;
    walk.user = true;
    walk.executable = true;
    if (this.#canonical(address) !== address || address < 0n) return this.#end('non-canonical');
    const upper = Number(address >> 32n);
    const lower = Number(address & 0xffff_ffffn);
    let table = this.root;
    for (let depth = 0; depth < levels.length; depth++) {
      const level = levels[depth]!;
      walk.level = levels.length - depth;
      const position = level.shift >= 32 ? upper >>> (level.shift - 32) : spanning(upper, lower, level.shift);
      const index = position & ((1 << level.bits) - 1);
      const slot = table + index * entrySize;
      const page = this.memory.page(Math.floor(slot / PAGE_SIZE));
      if (page === undefined) return this.#end('unreadable');
      walk.low = u32(page, slot % PAGE_SIZE);
      walk.high = entrySize === 8 ? u32(page, (slot % PAGE_SIZE) + 4) : 0;
      const isLast = depth === levels.length - 1;
      if ((walk.low & ENTRY.present) === 0) return this.#nonPresent(lower, isLast);
      if (!(depth === 0 && this.mode.topHasNoRights)) {
        walk.writable &&= (walk.low & ENTRY.writable) !== 0;
        walk.user &&= (walk.low & ENTRY.user) !== 0;
        walk.executable &&= (walk.high & ENTRY.noExecuteHigh) === 0;
      }
      const large = (walk.low & ENTRY.large) !== 0;
      if (isLast || (level.large && large)) {
        walk.pageSize = 2 ** level.shift;
        walk.physical = this.#frameOf(walk.low, walk.high, level.shift) + (lower % walk.pageSize);
        walk.reason = 'mapped';
        return walk;
      }
      table = this.#frameOf(walk.low, walk.high, 12);
    }
    return this.#end('malformed');
  }

  #end(reason: Walk['reason']): Walk {
    this.#walk.reason = reason;
    return this.#walk;
  }

  #nonPresent(lower: number, isLast: boolean): Walk {
    const walk = this.#walk;
    if (walk.low === 0 && walk.high === 0) return this.#end('empty');
    if (isLast && this.#options.resolveNonPresent !== undefined) {
      const physical = this.#options.resolveNonPresent(BigInt(walk.low) | (BigInt(walk.high) << 32n));
      if (physical !== undefined) walk.physical = physical + (lower % PAGE_SIZE);
    }
    return this.#end('non-present');
  }
}

/** The address shifted right by `shift` < 32, lowest 32 bits of the result. */
function spanning(upper: number, lower: number, shift: number): number {
  return (lower >>> shift) | (shift === 0 ? 0 : upper << (32 - shift));
}
