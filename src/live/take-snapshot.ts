/** Stores a guest that stands still as the next snapshot of a series. Costs what has changed since the one before. */
import { PAGE_SIZE } from '../core/address.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { LiveGuest } from './live-guest.js';
import { saveGuest } from './saved-guest.js';

export interface SnapshotRequest {
  /** What made it be taken: `every 2s`. */
  readonly reason: string;
  readonly label?: string | undefined;
  /** The snapshot of the series that was the last one taken of this machine; all pages are read when there is none. */
  readonly base?: number | undefined;
}

/**
 * @throws UserError when the store cannot be written to. What has changed is then forgotten: the next snapshot needs
 * all pages, so leave its `base` out.
 */
export function takeSnapshot(
  live: LiveGuest,
  store: SnapshotStore,
  series: string,
  { reason, label, base }: SnapshotRequest,
): SnapshotInfo {
  const { machine, memory } = live;
  const writer = store.beginSnapshot(
    series,
    { format: 'memlapse emulator', ranges: memory.ranges, registers: memory.registers },
    { base },
  );
  try {
    const dirty = machine.takeDirtyPages();
    for (const frame of writer.needsAllPages ? allFrames(machine.ramBytes) : dirty) {
      const page = memory.page(frame);
      if (page !== undefined) writer.putPage(frame, page);
    }
    saveGuest(writer, live);
    return writer.commit(
      {
        icount: BigInt(machine.icount),
        guestTimeNs: BigInt(Math.round(machine.time)),
        wallTimeNs: BigInt(Date.now()) * 1_000_000n,
        reason,
        label,
      },
      { flush: false },
    );
  } finally {
    writer.abort();
  }
}

function* allFrames(bytes: number): Generator<number> {
  for (let frame = 0; frame < bytes / PAGE_SIZE; frame++) yield frame;
}
