/**
 * Checks that everything that snapshots refer to is there and is what it was when it was stored, and names what is not
 * by snapshot and address.
 */
import { PAGE_SIZE } from '../core/address.js';
import { UserError } from '../core/errors.js';
import type { ManifestRecord } from './manifest.js';
import { PACK_PAGES, packOf } from './page-pack.js';
import { LEAF_FRAMES, ZERO_LEAF } from './page-table.js';
import { damagedAsMissing, readLeaf, readManifest, readPack, readRoot } from './read-records.js';
import { digest } from './seal.js';
import type { SnapshotStore } from './store.js';
import type { StoreTables } from './store-database.js';

export interface Damage {
  readonly series: string;
  readonly number: number;
  /** What is damaged: `page`, `page table`, `manifest`, `state cpu`. */
  readonly what: string;
  /** Physical address of the first byte concerned, and how many; undefined where no memory is. */
  readonly address: number | undefined;
  readonly length: number | undefined;
}

export interface VerifyReport {
  readonly snapshots: number;
  readonly pages: number;
  readonly damage: readonly Damage[];
}

/** Checks all snapshots, or those that are `wanted`. Every pack is unpacked once. */
export function verifyStore(
  store: SnapshotStore,
  wanted: (series: string, number: number) => boolean = () => true,
  progress?: (done: number, all: number) => void,
) {
  const { tables } = store;
  const damage: Damage[] = [];
  const pages = new PageCheck(tables);
  const keys = [...tables.manifests.getKeys()].filter(([name, number]) => wanted(name, number));
  keys.forEach(([name, number], index) => {
    damage.push(...checkSnapshot(tables, name, number, pages));
    progress?.(index + 1, keys.length);
  });
  return { snapshots: keys.length, pages: pages.count, damage } satisfies VerifyReport;
}

function* checkSnapshot(tables: StoreTables, series: string, number: number, pages: PageCheck): Generator<Damage> {
  const found = (what: string, address?: number, length?: number) => ({ series, number, what, address, length });
  const manifest = orDamaged(() => readManifest(tables, series, number));
  if (manifest === undefined) {
    yield found('manifest');
    return;
  }
  yield* checkStates(manifest, pages, found);
  const root = orDamaged(() => readRoot(tables, series, number));
  if (root === undefined) {
    yield found('page table');
    return;
  }
  for (const [index, id] of root.entries()) {
    if (id === ZERO_LEAF) continue;
    const first = index * LEAF_FRAMES * PAGE_SIZE;
    const leaf = damagedAsMissing(() => readLeaf(tables, id));
    if (leaf === undefined) yield found('page table', first, LEAF_FRAMES * PAGE_SIZE);
    else {
      for (const [slot, page] of leaf.entries()) {
        if (!pages.isWhole(page)) yield found('page', first + slot * PAGE_SIZE, PAGE_SIZE);
      }
    }
  }
}

function* checkStates(manifest: ManifestRecord, pages: PageCheck, found: (what: string) => Damage): Generator<Damage> {
  for (const state of manifest.states) {
    if (state.pages.some((id) => !pages.isWhole(id))) yield found(`state ${state.name}`);
  }
}

function orDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Knows of each pack which of its pages are whole. */
class PageCheck {
  readonly #tables: StoreTables;
  readonly #packs = new Map<number, number>();
  /** Pages looked at. */
  count = 0;

  constructor(tables: StoreTables) {
    this.#tables = tables;
  }

  isWhole(id: number): boolean {
    const pack = packOf(id);
    if (pack === 0) return true;
    let mask = this.#packs.get(pack);
    if (mask === undefined) {
      mask = this.#check(pack);
      this.#packs.set(pack, mask);
    }
    return (mask & (1 << (id % PACK_PAGES))) !== 0;
  }

  #check(number: number): number {
    const pack = readPack(this.#tables, number);
    let mask = 0;
    for (let slot = 0; pack !== undefined && slot < pack.count; slot++) {
      const page = pack.page(slot);
      if (page !== undefined && digest(page).equals(pack.digest(slot))) mask |= 1 << slot;
      this.count++;
    }
    return mask;
  }
}
