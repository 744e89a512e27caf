/** Reads single records of a store and checks them: manifests, roots, leaves, states. Damage becomes one clear line. */
import type { Transaction } from 'lmdb';
import { PAGE_SIZE } from '../core/address.js';
import { UserError } from '../core/errors.js';
import { MANIFEST_VERSION, type ManifestRecord } from './manifest.js';
import { MISSING_PAGE, PACK_PAGES, PagePack, packOf, ZERO_PAGE } from './page-pack.js';
import { decodeIds, LEAF_FRAMES } from './page-table.js';
import { unseal } from './seal.js';
import type { Frames, StoreTables } from './store-database.js';
import { unpackPack } from './unpack-pack.js';

const VERIFY = 'run `snapshot verify`, and remove the snapshot if it cannot be restored';

/** @throws UserError when there is no such snapshot, or its manifest is damaged or of a newer version */
export function readManifest(tables: StoreTables, series: string, number: number): ManifestRecord {
  const record = tables.manifests.get([series, number]);
  if (record === undefined) {
    throw new UserError(`there is no snapshot ${series}@${number}`, '`snapshot list` shows what there is');
  }
  const payload = unseal(record);
  if (payload === undefined) throw new UserError(`the manifest of ${series}@${number} is damaged`, VERIFY);
  const manifest = JSON.parse(payload.toString()) as ManifestRecord;
  if (manifest.version > MANIFEST_VERSION) {
    throw new UserError(`${series}@${number} was written by a newer version of memlapse`, 'update memlapse');
  }
  return manifest;
}

/** The leaf ids of a snapshot. @throws UserError when they are damaged */
export function readRoot(tables: StoreTables, series: string, number: number, transaction?: Transaction): Frames {
  const options = transaction === undefined ? {} : { transaction };
  const record = damagedAsMissing(() => tables.roots.get([series, number], options));
  const payload = record === undefined ? undefined : unseal(record);
  if (payload === undefined) throw new UserError(`the page table of ${series}@${number} is damaged`, VERIFY);
  return decodeIds(payload);
}

/** A leaf; undefined when it is missing or damaged. */
export function readLeaf(tables: StoreTables, id: number): Frames | undefined {
  const record = tables.leaves.get(id);
  const payload = record === undefined ? undefined : unseal(record);
  return payload?.length === LEAF_FRAMES * 4 ? decodeIds(payload) : undefined;
}

/** A pack, which holds until anything else is read from a store; undefined when it is missing or does not unpack. */
export function readPack(tables: StoreTables, pack: number, transaction?: Transaction): PagePack | undefined {
  const record = damagedAsMissing(() => unpackPack(tables.packs, pack, transaction));
  return record === undefined ? undefined : new PagePack(record);
}

/** lmdb-js throws when compressed bytes do not unpack; anything else is not damage of a record. */
export function damagedAsMissing<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && /compress|MDB_CORRUPTED|MDB_PAGE_NOTFOUND/i.test(error.message)) return undefined;
    throw error;
  }
}

/** See `SnapshotStore.state`. */
export function readState(tables: StoreTables, series: string, number: number, name: string) {
  const state = readManifest(tables, series, number).states.find((each) => each.name === name);
  if (state === undefined) return undefined;
  const bytes = new Uint8Array(state.pages.length * PAGE_SIZE);
  state.pages.forEach((id, index) => {
    if (id === ZERO_PAGE) return;
    const page = id === MISSING_PAGE ? undefined : readPack(tables, packOf(id))?.page(id % PACK_PAGES);
    if (page === undefined) throw new UserError(`the state ${name} of ${series}@${number} is damaged`, VERIFY);
    bytes.set(page, index * PAGE_SIZE);
  });
  return { version: state.version, bytes: bytes.subarray(0, state.length) };
}
