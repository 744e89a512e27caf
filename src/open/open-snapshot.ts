/** Opens `snapshot:NAME@POINT`. Loaded only for those who name one: it brings the database. */

import { selectSnapshot, selectSnapshots } from '../snapshots/select-snapshot.js';
import type { SnapshotMemory } from '../snapshots/snapshot-memory.js';
import { openStore, type SnapshotStore } from '../snapshots/store.js';
import { storeFolder } from '../snapshots/store-folder.js';
import type { SourceOptions } from './source-schemes.js';

/** Stores of this process by folder: two snapshots of one store know which pages they share. */
const open = new Map<string, SnapshotStore>();

/** The store in the folder that `options` mean, opened once. @throws UserError when there is none */
export function sharedStore(options: SourceOptions = {}): SnapshotStore {
  const folder = storeFolder(options.store);
  const store = open.get(folder) ?? openStore(folder);
  open.set(folder, store);
  return store;
}

export function openSnapshot(name: string, options: SourceOptions = {}): SnapshotMemory {
  const store = sharedStore(options);
  const chosen = options.ranges === true ? selectSnapshots(store, name).at(-1) : undefined;
  const { series, number } = chosen ?? selectSnapshot(store, name);
  return store.openMemory(series, number);
}
