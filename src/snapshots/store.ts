/**
 * The snapshot store: series of snapshots in one folder. The door to it for writers (the emulator, imports) and
 * readers alike.
 *
 *     const store = openStore(folder, { create: true });
 *     const writer = store.beginSnapshot('boot', { format: 'memlapse emulator', ranges, registers }, { base: 3 });
 *     for (const frame of writer.needsAllPages ? all : dirty) writer.putPage(frame, bytes);
 *     writer.putState('cpu', 1, cpuBytes);
 *     const { number } = writer.commit({ icount, guestTimeNs, wallTimeNs, reason: 'every 2s' });
 *
 * One store may be open in several processes: readers see what was committed when they opened a snapshot and keep
 * seeing it; a writer that is killed leaves no trace but pages that `collectGarbage` takes away.
 */
import { type ManifestRecord, type MemoryDescription, type SnapshotInfo, snapshotInfo } from './manifest.js';
import { readManifest, readState } from './read-records.js';
import { unseal } from './seal.js';
import { checkSeriesName, checkTag } from './series-name.js';
import { SnapshotMemory } from './snapshot-memory.js';
import { SnapshotWriter } from './snapshot-writer.js';
import { inTransaction, openDatabase, type SnapshotKey, type StoreTables } from './store-database.js';
import { STORE_VERSION } from './store-layout.js';

export interface OpenStoreOptions {
  /** Makes the folder and the store when there is none; otherwise that is a `UserError`. */
  readonly create?: boolean;
}

export interface BeginOptions {
  /**
   * Number of the snapshot that the pages to come are the difference to: the one since which the machine has counted
   * its changed pages. Without it, or when that snapshot has been removed meanwhile, `needsAllPages` is true.
   */
  readonly base?: number | undefined;
}

/** A snapshot with the tags it bears. */
export interface ListedSnapshot extends SnapshotInfo {
  readonly tags: readonly string[];
}

/** Opens the store in `folder`. @throws UserError when there is none, or it cannot be used. */
export function openStore(folder: string, { create = false }: OpenStoreOptions = {}): SnapshotStore {
  return new SnapshotStore(folder, openDatabase(folder, create));
}

export class SnapshotStore {
  readonly folder: string;
  readonly #tables: StoreTables;

  constructor(folder: string, tables: StoreTables) {
    this.folder = folder;
    this.#tables = tables;
  }

  /** For the rooms of the store itself: garbage collection and verification. */
  get tables(): StoreTables {
    return this.#tables;
  }

  /**
   * Begins a snapshot of `series` (letters, digits, `.`, `_`, `-`), which is made when it does not exist. Nothing is
   * seen of it until `commit`. Several may be in the making at once, in this and in other processes.
   * @throws UserError on a name that cannot be one
   */
  beginSnapshot(series: string, memory: MemoryDescription, { base }: BeginOptions = {}): SnapshotWriter {
    checkSeriesName(series);
    return new SnapshotWriter(this.folder, this.#tables, series, memory, base);
  }

  /** Names of the series that have snapshots. */
  series(): string[] {
    const names = new Set<string>();
    for (const [series] of this.#tables.manifests.getKeys()) names.add(series);
    return [...names];
  }

  /** The snapshots of one series, or of all, by series and number. Damaged manifests are left to `verify`. */
  list(series?: string): ListedSnapshot[] {
    const tags = this.#tagsByKey();
    const found: ListedSnapshot[] = [];
    const range =
      series === undefined ? {} : { start: [series, 0] as SnapshotKey, end: [series, Infinity] as SnapshotKey };
    for (const { key, value } of this.#tables.manifests.getRange(range)) {
      const payload = unseal(value);
      if (payload === undefined) continue;
      const record = JSON.parse(payload.toString()) as ManifestRecord;
      found.push({ ...snapshotInfo(key[0], key[1], record), tags: tags.get(key.join('@')) ?? [] });
    }
    return found;
  }

  /** One snapshot, without a look at the others; undefined when there is none, or its manifest is damaged. */
  find(series: string, number: number): ListedSnapshot | undefined {
    const record = this.#tables.manifests.get([series, number]);
    const payload = record === undefined ? undefined : unseal(record);
    if (payload === undefined) return undefined;
    const info = snapshotInfo(series, number, JSON.parse(payload.toString()) as ManifestRecord);
    return { ...info, tags: this.#tagsByKey().get(`${series}@${number}`) ?? [] };
  }

  /** Whether there is such a snapshot, damaged or not. */
  has(series: string, number: number): boolean {
    this.refresh();
    return this.#tables.manifests.doesExist([series, number]);
  }

  /** @throws UserError when there is no such snapshot, or its manifest is damaged */
  get(series: string, number: number): SnapshotInfo {
    return snapshotInfo(series, number, readManifest(this.#tables, series, number));
  }

  /** The memory of a snapshot. It stays readable until it is closed, even when the snapshot is removed meanwhile. */
  openMemory(series: string, number: number): SnapshotMemory {
    return new SnapshotMemory(this.#tables, this.get(series, number));
  }

  /** The bytes of a state and the version they were stored with; undefined when the snapshot has no such state. */
  state(series: string, number: number, name: string): { version: number; bytes: Uint8Array } | undefined {
    return readState(this.#tables, series, number, name);
  }

  /** Gives a snapshot a name; a tag that the series has already moves. */
  tag(series: string, number: number, tag: string): void {
    this.get(series, number);
    checkTag(tag);
    inTransaction(this.#tables, this.folder, true, () => this.#tables.tags.putSync([series, tag], number));
  }

  /** Takes a tag away; false when the series has none of that name. */
  untag(series: string, tag: string): boolean {
    return inTransaction(this.#tables, this.folder, true, () => this.#tables.tags.removeSync([series, tag]));
  }

  tagged(series: string, tag: string): number | undefined {
    return this.#tables.tags.get([series, tag]);
  }

  /** Whether any tag leads to the snapshot. */
  isTagged(series: string, number: number): boolean {
    for (const { value } of this.#tables.tags.getRange({ start: [series, ''], end: [series, '\uffff'] })) {
      if (value === number) return true;
    }
    return false;
  }

  /** Removes a snapshot with its tags. Its pages stay until `collectGarbage`. */
  remove(series: string, number: number): void {
    this.get(series, number);
    inTransaction(this.#tables, this.folder, true, () => {
      this.#tables.manifests.removeSync([series, number]);
      this.#tables.roots.removeSync([series, number]);
      for (const { key, value } of [...this.#tables.tags.getRange({ start: [series, ''], end: [series, '\uffff'] })]) {
        if (value === number) this.#tables.tags.removeSync(key);
      }
    });
  }

  /** Removes all snapshots of a series with their tags: the next one begins at 1 again. Pages stay as above. */
  removeSeries(series: string): void {
    const { manifests, roots, tags, series: counters } = this.#tables;
    const range = { start: [series, 0] as SnapshotKey, end: [series, Infinity] as SnapshotKey };
    const named = { start: [series, ''] as [string, string], end: [series, '\uffff'] as [string, string] };
    inTransaction(this.#tables, this.folder, true, () => {
      for (const key of [...manifests.getKeys(range)]) manifests.removeSync(key);
      for (const key of [...roots.getKeys(range)]) roots.removeSync(key);
      for (const key of [...tags.getKeys(named)]) tags.removeSync(key);
      counters.removeSync(series);
    });
  }

  /** What is read from now on is no older than now. Otherwise that holds from one turn of the event loop to the next. */
  refresh(): void {
    this.#tables.root.resetReadTxn();
  }

  /** Runs `action` while no other process writes to the store or runs such an action. */
  exclusively<T>(action: () => T): T {
    return inTransaction(this.#tables, this.folder, false, action);
  }

  /** Waits until everything committed so far is on disk. */
  flush(): void {
    inTransaction(this.#tables, this.folder, true, () => this.#tables.meta.putSync('version', STORE_VERSION));
  }

  async close(): Promise<void> {
    await this.#tables.root.close();
  }

  #tagsByKey(): Map<string, string[]> {
    const tags = new Map<string, string[]>();
    for (const { key, value } of this.#tables.tags.getRange({})) {
      const at = `${key[0]}@${value}`;
      tags.set(at, [...(tags.get(at) ?? []), key[1]]);
    }
    return tags;
  }
}
