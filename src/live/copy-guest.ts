/**
 * Copies a guest that stands still into a sink: what has changed since the snapshot before, and the machine's state. The
 * guest may run on when the copy is made; the sink stores it meanwhile.
 */
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotSink } from '../snapshots/snapshot-sink.js';
import type { LiveGuest } from './live-guest.js';
import { savedStates } from './saved-guest.js';

export interface SnapshotRequest {
  readonly series: string;
  /** What made it be taken: `every 2s`. */
  readonly reason: string;
  readonly label?: string | undefined;
  readonly tag?: string | undefined;
  /** What has changed since the snapshot before, through the same sink, or all. */
  readonly pages: 'changed' | 'all';
}

/**
 * Resolves when the guest may run on. What has changed counts as taken: when the copy fails or is not stored, the next
 * one needs all pages.
 * @returns `stored`: the answer of `SnapshotSink.commit`. Wrapped, so that nobody waits for it here
 * @throws UserError when a part of the guest is not there any more
 */
export async function copyGuest(
  live: LiveGuest,
  sink: SnapshotSink,
  { series, reason, label, tag, pages }: SnapshotRequest,
): Promise<{ readonly stored: Promise<SnapshotInfo> }> {
  const { machine, memory } = live;
  const { ranges, registers } = memory;
  const frames = live.takeFrames(pages === 'all');
  const states = savedStates(live);
  const moment = {
    icount: BigInt(machine.icount),
    guestTimeNs: BigInt(Math.round(machine.time)),
    wallTimeNs: BigInt(Date.now()) * 1_000_000n,
    reason,
    label,
  };
  sink.begin({ series, memory: { format: 'memlapse emulator', ranges, registers }, pages });
  await sink.putPages(frames, memory);
  return { stored: sink.commit({ moment, states, tag }) };
}
