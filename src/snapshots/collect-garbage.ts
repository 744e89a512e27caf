/**
 * Takes away what no snapshot refers to: pages and leaves of removed snapshots and of writers that were killed.
 *
 * One transaction, so that a kill in the middle changes nothing. A pack goes when none of its pages is in use; the file
 * does not shrink, its free pages are used again.
 */
import { UserError } from '../core/errors.js';
import type { ManifestRecord } from './manifest.js';
import { PACK_PAGES, packOf } from './page-pack.js';
import { decodeIds, ZERO_LEAF } from './page-table.js';
import { unseal } from './seal.js';
import type { SnapshotStore } from './store.js';
import { inTransaction, type StoreTables } from './store-database.js';
import { livePins } from './writer-pins.js';

export interface GarbageReport {
  readonly packsRemoved: number;
  readonly packsKept: number;
  readonly leavesRemoved: number;
  /** Pages that nobody uses in packs that are kept for others. */
  readonly pagesStranded: number;
}

/** @throws UserError while a snapshot is being written, or when a damaged record hides what is in use */
export function collectGarbage(store: SnapshotStore): GarbageReport {
  const { tables, folder } = store;
  return inTransaction(tables, folder, true, () => {
    const [writer] = livePins(tables);
    if (writer !== undefined) {
      throw new UserError(`process ${writer.pid} is writing a snapshot of ${writer.series}`, 'wait for it to finish');
    }
    const used = usedRecords(tables);
    return sweep(tables, used);
  });
}

interface Used {
  readonly leaves: ReadonlySet<number>;
  /** Pack -> bit mask of its pages. */
  readonly packs: ReadonlyMap<number, number>;
}

function usedRecords(tables: StoreTables): Used {
  const leaves = new Set<number>();
  const packs = new Map<number, number>();
  const use = (id: number) => {
    const pack = packOf(id);
    if (pack > 0) packs.set(pack, (packs.get(pack) ?? 0) | (1 << (id % PACK_PAGES)));
  };
  for (const { key, value } of tables.manifests.getRange({})) {
    const manifest = JSON.parse(whole(value, `the manifest of ${key.join('@')}`).toString()) as ManifestRecord;
    for (const state of manifest.states) state.pages.forEach(use);
    const root = tables.roots.get(key);
    for (const leaf of decodeIds(whole(root, `the page table of ${key.join('@')}`))) {
      if (leaf === ZERO_LEAF || leaves.has(leaf)) continue;
      leaves.add(leaf);
      decodeIds(whole(tables.leaves.get(leaf), `a part of the page table of ${key.join('@')}`)).forEach(use);
    }
  }
  return { leaves, packs };
}

/** Nothing may be thrown away while it is not known what is in use. */
function whole(record: Buffer | undefined, what: string): Buffer {
  const payload = record === undefined ? undefined : unseal(record);
  if (payload !== undefined) return payload;
  throw new UserError(`${what} is damaged, so it is not known which pages are in use`, 'remove that snapshot first');
}

function sweep(tables: StoreTables, used: Used): GarbageReport {
  const report = { packsRemoved: 0, packsKept: 0, leavesRemoved: 0, pagesStranded: 0 };
  for (const leaf of [...tables.leaves.getKeys()]) {
    if (used.leaves.has(leaf)) continue;
    tables.leaves.removeSync(leaf);
    report.leavesRemoved++;
  }
  const removed = new Set<number>();
  for (const pack of [...tables.packs.getKeys()]) {
    const mask = used.packs.get(pack);
    if (mask !== undefined) continue;
    tables.packs.removeSync(pack);
    removed.add(pack);
  }
  for (const { key, value } of [...tables.digests.getRange({})]) {
    const id = value.readUInt32LE();
    const mask = used.packs.get(packOf(id)) ?? 0;
    if (removed.has(packOf(id))) tables.digests.removeSync(key);
    else if ((mask & (1 << (id % PACK_PAGES))) === 0) report.pagesStranded++;
  }
  report.packsRemoved = removed.size;
  report.packsKept = used.packs.size;
  return report;
}
