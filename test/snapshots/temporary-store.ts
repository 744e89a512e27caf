/** Stores in temporary folders, and memories with known contents to put into them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { importMemory } from '../../src/snapshots/import-memory.js';
import type { SnapshotInfo } from '../../src/snapshots/manifest.js';
import type { Moment } from '../../src/snapshots/moment.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { PAGE } from './noise.js';

export { noise, PAGE } from './noise.js';

/** A folder that goes when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function temporaryStore(): SnapshotStore {
  const store = openStore(temporaryFolder(), { create: true });
  onTestFinished(() => store.close());
  return store;
}

export function importWhole(
  store: SnapshotStore,
  series: string,
  memory: PhysicalMemory,
  moment: Moment = { wallTimeNs: 0n },
): SnapshotInfo {
  const importing = importMemory(store, series, memory, moment);
  let step = importing.next();
  while (step.done !== true) step = importing.next();
  return step.value;
}

/** All bytes of a memory; pages that are not there are undefined. */
export function pagesOf(memory: PhysicalMemory): (string | undefined)[] {
  const pages: (string | undefined)[] = [];
  for (let frame = 0; frame < memory.end / PAGE; frame++) {
    const page = memory.page(frame);
    pages.push(page === undefined ? undefined : Buffer.from(page).toString('latin1'));
  }
  return pages;
}
