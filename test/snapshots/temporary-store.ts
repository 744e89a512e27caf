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

export const PAGE = 4096;

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

/** Bytes that do not compress and differ for each seed. */
export function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
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
