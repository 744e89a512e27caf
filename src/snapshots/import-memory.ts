/** Takes any memory, a dump made elsewhere, into a store as the next snapshot of a series. */
import { PAGE_SIZE } from '../core/address.js';
import type { PhysicalMemory } from '../memory/physical-memory.js';
import type { SnapshotInfo } from './manifest.js';
import type { Moment } from './moment.js';
import type { SnapshotStore } from './store.js';

/** Pages between two reports of progress (4 MiB). */
const STEP = 1024;

/**
 * Stores `memory` as a snapshot. Yields the pages done now and then, so that the caller can let others run; returns
 * what was stored. Giving the generator up (`return()`) gives the snapshot up.
 * @throws UserError when the store cannot be written to
 */
export function* importMemory(
  store: SnapshotStore,
  series: string,
  memory: PhysicalMemory,
  moment: Moment,
): Generator<number, SnapshotInfo> {
  const ranges = wholePages(memory);
  const { format, registers, vmcoreinfo, notes } = memory;
  const writer = store.beginSnapshot(series, { format, ranges, registers, vmcoreinfo, notes });
  let done = 0;
  try {
    for (const { start, end } of ranges) {
      for (let frame = start / PAGE_SIZE; frame < end / PAGE_SIZE; frame++) {
        const page = memory.page(frame);
        if (page === undefined) writer.markMissing(frame);
        else writer.putPage(frame, page);
        if (++done % STEP === 0) yield done;
      }
    }
    return writer.commit(moment);
  } finally {
    writer.abort();
  }
}

/** The ranges cut down to whole pages: a page of which a part is missing is no page. */
function wholePages(memory: PhysicalMemory) {
  return memory.ranges
    .map(({ start, end }) => ({
      start: Math.ceil(start / PAGE_SIZE) * PAGE_SIZE,
      end: Math.floor(end / PAGE_SIZE) * PAGE_SIZE,
    }))
    .filter(({ start, end }) => end > start);
}
