/**
 * The memory of a stored snapshot as `PhysicalMemory`: pages from the store through a cache of unpacked packs.
 *
 * It holds a read transaction, so that what it sees does not change while it is open.
 */
import type { Transaction } from 'lmdb';
import { PAGE_SIZE, type PhysicalAddress } from '../core/address.js';
import { RangeFinder } from '../formats/image/ranges.js';
import type { PageIdentities } from '../memory/page-identities.js';
import type { PhysicalMemory, PhysicalRange, ProcessorRegisters } from '../memory/physical-memory.js';
import type { SnapshotInfo } from './manifest.js';
import { MISSING_PAGE, PACK_PAGES, type PagePack, packOf, ZERO_PAGE } from './page-pack.js';
import { decodeIds, LEAF_FRAMES, leafOf, ZERO_LEAF } from './page-table.js';
import { damagedAsMissing, readPack, readRoot } from './read-records.js';
import type { Holder } from './record-cache.js';
import { unseal } from './seal.js';
import type { Frames, StoreTables } from './store-database.js';

/** Bytes from which on a read is a scan: as much as four packs have. */
const LONG_READ = 4 * PACK_PAGES * PAGE_SIZE;
const ZEROS = new Uint8Array(PAGE_SIZE);
const ZERO_FRAMES: Frames = new Uint32Array(LEAF_FRAMES);
const MISSING_FRAMES: Frames = new Uint32Array(LEAF_FRAMES).fill(MISSING_PAGE);

export class SnapshotMemory implements PhysicalMemory, PageIdentities, Holder {
  readonly format: string;
  readonly ranges: readonly PhysicalRange[];
  readonly end: PhysicalAddress;
  readonly registers: readonly ProcessorRegisters[];
  readonly vmcoreinfo: string | undefined;
  readonly notes: readonly string[];
  readonly info: SnapshotInfo;
  readonly #tables: StoreTables;
  readonly #transaction: Transaction;
  readonly #finder: RangeFinder;
  /** The page table, as far as it has been read; nothing when too many others have theirs in memory. */
  #root: Frames | undefined;
  #leaves: (Frames | undefined)[] = [];
  /** The pack that a long read is at, which holds no longer than that. */
  #passing: { readonly number: number; readonly pack: PagePack | undefined } | undefined;

  constructor(tables: StoreTables, info: SnapshotInfo) {
    const { memory } = info;
    this.info = info;
    this.format = `snapshot (${memory.format})`;
    this.ranges = memory.ranges;
    this.end = memory.ranges.at(-1)?.end ?? 0;
    this.registers = memory.registers;
    this.vmcoreinfo = memory.vmcoreinfo;
    this.notes = memory.notes ?? [];
    this.#tables = tables;
    this.#finder = new RangeFinder(memory.ranges);
    this.#root = readRoot(tables, info.series, info.number);
    this.#transaction = tables.root.useReadTransaction();
    tables.loaded.add(this);
  }

  page(frame: number): Uint8Array | undefined {
    const id = this.pageIdentity(frame);
    if (id === undefined) return undefined;
    if (id === ZERO_PAGE) return ZEROS;
    return this.#pack(packOf(id))?.page(id % PACK_PAGES);
  }

  read(address: PhysicalAddress, target: Uint8Array): number {
    const length = Math.min(target.length, this.#finder.endFrom(address) - address);
    const isLong = length >= LONG_READ;
    this.#passing = undefined;
    let done = 0;
    while (done < length) {
      const at = address + done;
      const frame = Math.floor(at / PAGE_SIZE);
      const page = isLong ? this.#pageInPassing(frame) : this.page(frame);
      if (page === undefined) break;
      const inPage = at % PAGE_SIZE;
      const whole = inPage === 0 && length - done >= PAGE_SIZE;
      const part = whole ? page : page.subarray(inPage, inPage + length - done);
      target.set(part, done);
      done += part.length;
    }
    return Math.max(done, 0);
  }

  /** Pages of one store with the same identity have the same contents. */
  get identitySpace(): unknown {
    return this.#tables.root;
  }

  pageIdentity(frame: number): number | undefined {
    const index = leafOf(frame);
    const root = this.#root ?? this.#loadRoot();
    if (!(frame >= 0 && index < root.length)) return undefined;
    const leaf = this.#leaves[index] ?? this.#loadLeaf(root, index);
    const id = leaf[frame % LEAF_FRAMES] as number;
    if (id === MISSING_PAGE) return undefined;
    return this.#finder.endFrom(frame * PAGE_SIZE) >= (frame + 1) * PAGE_SIZE ? id : undefined;
  }

  /** Every 64 frames together: equal ones have equal pages. */
  runIdentity(run: number): number | undefined {
    return (this.#root ?? this.#loadRoot())[run];
  }

  readonly runFrames = LEAF_FRAMES;

  close(): void {
    this.letGo();
    this.#tables.loaded.delete(this);
    this.#transaction.done();
  }

  /** Gives the memory of the page table back; it is read again when it is needed. */
  letGo(): void {
    this.#root = undefined;
    this.#leaves = [];
  }

  #loadRoot(): Frames {
    const { series, number } = this.info;
    this.#root = readRoot(this.#tables, series, number, this.#transaction);
    this.#tables.loaded.add(this);
    return this.#root;
  }

  #loadLeaf(root: Frames, index: number): Frames {
    const id = root[index] as number;
    const leaf = id === ZERO_LEAF ? ZERO_FRAMES : this.#tables.leafCache.get(id, () => this.#readLeaf(id));
    this.#leaves[index] = leaf;
    return leaf;
  }

  #readLeaf(id: number): Frames {
    const record = damagedAsMissing(() => this.#tables.leaves.get(id, { transaction: this.#transaction }));
    const payload = record === undefined ? undefined : unseal(record);
    return payload === undefined ? MISSING_FRAMES : decodeIds(payload);
  }

  #pack(number: number): PagePack | undefined {
    return this.#tables.packCache.get(number, () => readPack(this.#tables, number, this.#transaction)?.copy());
  }

  /** `page` for long reads: what they pass is not kept, or a scan would fill the cache with what is not asked for again. */
  #pageInPassing(frame: number): Uint8Array | undefined {
    const id = this.pageIdentity(frame);
    if (id === undefined || id === ZERO_PAGE) return id === undefined ? undefined : ZEROS;
    const number = packOf(id);
    if (this.#passing?.number !== number) {
      const kept = this.#tables.packCache.peek(number);
      this.#passing = { number, pack: kept ?? readPack(this.#tables, number, this.#transaction) };
    }
    return this.#passing.pack?.page(id % PACK_PAGES);
  }
}
