/** Flags that the snapshot commands share, and the store that they mean. */
import * as Flags from '@oclif/core/flags';
import { openStore, type SnapshotStore } from '../snapshots/store.js';
import { storeFolder } from '../snapshots/store-folder.js';
import { STORE_FLAG } from './source-flags.js';

export const SNAPSHOT_FLAGS = {
  store: STORE_FLAG,
  json: Flags.boolean({ description: 'An array of objects' }),
};

/** Runs `work` on the store that `--store` means; `create`: makes it when there is none. */
export async function withStore<T>(
  named: string | undefined,
  work: (store: SnapshotStore) => T | Promise<T>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<T> {
  const store = openStore(storeFolder(named), { create });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
