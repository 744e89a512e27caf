/** The work of `snapshot import`: files in any format become the next snapshots of a series. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openSourceMemory } from '../open/open-source.js';
import { importMemory } from '../snapshots/import-memory.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { ProgressBar } from './progress.js';

export interface ImportRequest {
  readonly files: readonly string[];
  readonly series: string;
  /** When the memory was taken, in nanoseconds since 1970; the file's own time unless told. */
  readonly wallTimeNs?: bigint | undefined;
  readonly label?: string | undefined;
  /** Folder of the store, for sources that are snapshots themselves. */
  readonly store?: string | undefined;
}

/** Imports the files in the order given. Those before one that fails stay. */
export async function* importDumps(
  store: SnapshotStore,
  { files, series, wallTimeNs, label, store: folder }: ImportRequest,
  bar: ProgressBar,
): AsyncGenerator<SnapshotInfo> {
  for (const file of files) {
    const memory = await openSourceMemory(file, {
      store: folder,
      onUnpack: (done, total) => bar.update(done, total, 'unpacking'),
    });
    try {
      const pages = memory.ranges.reduce((sum, { start, end }) => sum + end - start, 0) / 4096;
      const importing = importMemory(store, series, memory, {
        wallTimeNs: wallTimeNs ?? fileTime(file) ?? BigInt(Date.now()) * 1_000_000n,
        label: label ?? basename(file),
        reason: 'import',
      });
      let step = importing.next();
      for (; step.done !== true; step = importing.next()) {
        bar.update(step.value, pages, basename(file));
        // Lets signals in.
        await setImmediate();
      }
      bar.stop();
      yield step.value;
    } finally {
      memory.close();
    }
  }
}

/** Undefined for sources that are no files. */
function fileTime(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
}
