/**
 * Writes one snapshot: pages as they come, the rest at `commit`. Pages that the store has already cost a digest and a
 * lookup. What was written without `commit` is not seen by anyone.
 */
import { PAGE_SIZE } from '../core/address.js';
import { InvariantError, invariant, UserError } from '../core/errors.js';
import { type MemoryDescription, manifestRecord, type SnapshotInfo, type StateInfo } from './manifest.js';
import type { Moment } from './moment.js';
import { MISSING_PAGE, PACK_PAGES, PackBuilder, pageId, ZERO_PAGE } from './page-pack.js';
import { encodeIds, LEAF_FRAMES, leafOf, rootLength, sameEntries, ZERO_LEAF } from './page-table.js';
import { readLeaf, readRoot } from './read-records.js';
import { scatteredRoom } from './reserve-room.js';
import { DIGEST_BYTES, digest, seal } from './seal.js';
import { type Frames, inTransaction, type StoreTables } from './store-database.js';
import { type Pin, pin, unpin } from './writer-pins.js';

/** Pages gathered before they are written in one transaction (2 MiB). */
const BATCH_PAGES = 512;
/** Digests gathered before they are written: in one go and in order they cost a tenth. */
const BATCH_DIGESTS = 65_536;
const ZEROS = Buffer.alloc(PAGE_SIZE);
/** What records take in the file at most, in bytes: a digest with its id, a leaf, a page id as text, a manifest. */
const DIGEST_ROOM = 64;
const LEAF_ROOM = 512;
const ID_TEXT = 16;
const MANIFEST_ROOM = 64 * 1024;

/** Who wants the id of a new page. */
type Assign = (id: number) => void;

interface Touched {
  /** As the base has it. */
  readonly before: Frames;
  readonly entries: Frames;
}

interface State extends StateInfo {
  readonly pages: number[];
}

export class SnapshotWriter {
  /**
   * True when there is no base to be different from: every page that is not zero must be handed in. Otherwise only
   * those that changed since the base.
   */
  readonly needsAllPages: boolean;
  readonly series: string;
  readonly #folder: string;
  readonly #tables: StoreTables;
  readonly #memory: MemoryDescription;
  readonly #base: number | undefined;
  readonly #root: Frames;
  /** Leaves that were written to, by their place in the root. */
  readonly #touched = new Map<number, Touched>();
  readonly #states: State[] = [];
  /** New pages that wait to be written, in the order of their places in `#packs`, by digest. */
  readonly #waiting = new Map<string, Assign[]>();
  readonly #packs: PackBuilder[] = [];
  /** Ids of the pages written so far whose digests are not, by digest. */
  readonly #fresh = new Map<string, number>();
  readonly #pin: Pin;
  #done = false;
  #written = 0;
  #new = 0;

  constructor(folder: string, tables: StoreTables, series: string, memory: MemoryDescription, base?: number) {
    this.#folder = folder;
    this.#tables = tables;
    this.series = series;
    this.#memory = memory;
    // From here on garbage collection keeps off what the base refers to.
    this.#pin = pin(tables, folder, series);
    const isThere = base !== undefined && tables.manifests.doesExist([series, base]);
    this.#base = isThere ? base : undefined;
    this.needsAllPages = !isThere;
    const root = new Uint32Array(rootLength(memory.ranges.at(-1)?.end ?? 0));
    if (isThere) root.set(readRoot(tables, series, base).subarray(0, root.length));
    this.#root = root;
  }

  /** Pages so far: handed in, and those that the store had not had. */
  get counts(): { readonly written: number; readonly new: number } {
    return { written: this.#written, new: this.#new + this.#waiting.size };
  }

  /**
   * The contents of page frame `frame` (address / 4096). The bytes are copied if they are kept.
   * @throws UserError when the store cannot be written to; the snapshot is then lost and nothing else
   */
  putPage(frame: number, bytes: Uint8Array): void {
    invariant(!this.#done, 'the snapshot is finished');
    invariant(bytes.length === PAGE_SIZE, 'a page has 4096 bytes');
    const leaf = this.#leaf(frame);
    this.#put(bytes, (id) => {
      leaf[frame % LEAF_FRAMES] = id;
    });
  }

  /** Says that the contents of `frame` are not known. A frame that is never mentioned is zero, or as in the base. */
  markMissing(frame: number): void {
    this.#leaf(frame)[frame % LEAF_FRAMES] = MISSING_PAGE;
  }

  /** A part of the machine beside memory, once for each name. The blob shares storage with earlier ones alike. */
  putState(name: string, version: number, bytes: Uint8Array): void {
    invariant(!this.#done && !this.#states.some((each) => each.name === name), `the state ${name} comes once`);
    const pages: number[] = [];
    this.#states.push({ name, version, length: bytes.length, pages });
    for (let at = 0, index = 0; at < bytes.length; at += PAGE_SIZE, index++) {
      const rest = bytes.subarray(at, at + PAGE_SIZE);
      const page = rest.length === PAGE_SIZE ? rest : Buffer.concat([rest, ZEROS.subarray(rest.length)]);
      pages.push(ZERO_PAGE);
      this.#put(page, (id) => {
        pages[index] = id;
      });
    }
  }

  /**
   * Makes the snapshot exist and says what it is. Without `flush` it survives the end of this process, but is safe from
   * a power failure only after `SnapshotStore.flush`: waiting for the disk takes longer than a small snapshot.
   * @throws UserError when the store cannot be written to; the snapshot is then lost and nothing else
   */
  commit(moment: Moment, { flush = true }: { readonly flush?: boolean } = {}): SnapshotInfo {
    invariant(!this.#done, 'the snapshot is finished');
    const write = () => {
      unpin(this.#tables, this.#pin);
      this.#writePacks();
      this.#writeDigests();
      return this.#commit(moment);
    };
    const room = () => this.#packRoom() + this.#digestRoom() + this.#tableRoom();
    const info = inTransaction(this.#tables, this.#folder, flush, write, room);
    this.#done = true;
    return info;
  }

  /** Gives the snapshot up. Harmless after `commit`. */
  abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#waiting.clear();
    try {
      inTransaction(this.#tables, this.#folder, false, () => unpin(this.#tables, this.#pin));
    } catch (error) {
      // The disk that could not take the snapshot cannot take this either, and the first error is the one to tell. The
      // pin is swept when this process has ended.
      if (!(error instanceof UserError)) throw error;
    }
  }

  #commit(moment: Moment): SnapshotInfo {
    const { leaves, roots, manifests, series: counters, meta } = this.#tables;
    let nextLeaf = meta.get('nextLeaf') ?? 1;
    for (const [index, { before, entries }] of this.#touched) {
      if (sameEntries(before, entries)) continue;
      if (entries.every((id) => id === ZERO_PAGE)) this.#root[index] = ZERO_LEAF;
      else {
        leaves.putSync(nextLeaf, seal(encodeIds(entries)));
        this.#root[index] = nextLeaf++;
      }
    }
    meta.putSync('nextLeaf', nextLeaf);
    const number = counters.get(this.series) ?? 1;
    counters.putSync(this.series, number + 1);
    const info: SnapshotInfo = {
      series: this.series,
      number,
      moment,
      memory: this.#memory,
      states: this.#states.map(({ name, version, length }) => ({ name, version, length })),
      base: this.#base,
      pagesWritten: this.#written,
      pagesNew: this.#new,
    };
    roots.putSync([this.series, number], seal(encodeIds(this.#root)));
    const record = manifestRecord(
      info,
      this.#states.map(({ pages }) => pages),
    );
    manifests.putSync([this.series, number], seal(Buffer.from(JSON.stringify(record))));
    return info;
  }

  /** The leaf of `frame`, from the base if need be, to be written to. */
  #leaf(frame: number): Frames {
    const index = leafOf(frame);
    const touched = this.#touched.get(index);
    if (touched !== undefined) return touched.entries;
    if (index >= this.#root.length) throw new InvariantError(`page frame ${frame} is outside the memory described`);
    const id = this.#root[index] as number;
    const before = id === ZERO_LEAF ? new Uint32Array(LEAF_FRAMES) : readLeaf(this.#tables, id);
    if (before === undefined) {
      throw new UserError(`the page table of ${this.series}@${this.#base} is damaged`, 'take a full snapshot');
    }
    const entries = before.slice();
    this.#touched.set(index, { before, entries });
    return entries;
  }

  /** Finds or makes a place for a page and hands its id to `assign`, now or at the next flush. */
  #put(bytes: Uint8Array, assign: (id: number) => void): void {
    this.#written++;
    if (ZEROS.equals(bytes)) {
      assign(ZERO_PAGE);
      return;
    }
    const key = digest(bytes);
    const name = key.toString('latin1');
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) {
      waiting.push(assign);
      return;
    }
    const known = this.#fresh.get(name) ?? this.#tables.digests.get(key)?.readUInt32LE();
    if (known !== undefined) {
      assign(known);
      return;
    }
    const at = Math.floor(this.#waiting.size / PACK_PAGES);
    this.#packs[at] ??= new PackBuilder();
    this.#packs[at].add(key, bytes);
    this.#waiting.set(name, [assign]);
    if (this.#waiting.size >= BATCH_PAGES) this.#flush();
  }

  /** Writes the waiting pages in a transaction of their own. */
  #flush(): void {
    inTransaction(
      this.#tables,
      this.#folder,
      false,
      () => this.#writePacks(),
      () => this.#packRoom(),
    );
    if (this.#fresh.size < BATCH_DIGESTS) return;
    const write = () => this.#writeDigests();
    inTransaction(this.#tables, this.#folder, false, write, () => this.#digestRoom());
    this.#fresh.clear();
  }

  /** Writes the waiting pages, in packs, and tells their ids. To be called inside a transaction. */
  #writePacks(): void {
    const count = this.#waiting.size;
    if (count === 0) return;
    const { meta, packs } = this.#tables;
    let next = meta.get('nextPack') ?? 1;
    let id = pageId(next, 0);
    for (const pack of this.#packs.slice(0, Math.ceil(count / PACK_PAGES))) {
      packs.putSync(next++, pack.encode());
      pack.clear();
    }
    meta.putSync('nextPack', next);
    for (const [name, wanted] of this.#waiting) {
      this.#fresh.set(name, id);
      for (const assign of wanted) assign(id);
      id++;
    }
    this.#new += count;
    this.#waiting.clear();
  }

  #packRoom(): number {
    return this.#waiting.size * (PAGE_SIZE + DIGEST_BYTES);
  }

  #digestRoom(): number {
    return scatteredRoom(this.#tables.digests, this.#fresh.size + this.#waiting.size, DIGEST_ROOM);
  }

  /** For leaves, root and manifest. */
  #tableRoom(): number {
    const states = this.#states.reduce((sum, { pages }) => sum + pages.length, 0);
    return this.#touched.size * LEAF_ROOM + this.#root.byteLength + states * ID_TEXT + MANIFEST_ROOM;
  }

  /** Lets others find the pages of this snapshot. To be called inside a transaction. */
  #writeDigests(): void {
    const entries = [...this.#fresh].map(([name, id]) => ({ key: Buffer.from(name, 'latin1'), id }));
    entries.sort((a, b) => Buffer.compare(a.key, b.key));
    for (const { key, id } of entries) {
      const value = Buffer.alloc(4);
      value.writeUInt32LE(id);
      this.#tables.digests.putSync(key, value);
    }
  }
}
