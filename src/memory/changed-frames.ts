/** Which page frames differ between two memories. Runs of equal identities are skipped without a look at them. */
import { PAGE_SIZE } from '../core/address.js';
import { hasIdentities } from './page-identities.js';
import type { PhysicalMemory } from './physical-memory.js';

/** The frames whose pages differ, ascending; one that only one side can read differs, too. */
export function* changedFrames(before: PhysicalMemory, after: PhysicalMemory): Generator<number> {
  const frames = Math.ceil(Math.max(before.end, after.end) / PAGE_SIZE);
  if (!hasIdentities(before) || !hasIdentities(after) || before.identitySpace !== after.identitySpace) {
    for (let frame = 0; frame < frames; frame++) if (pagesDiffer(before, after, frame)) yield frame;
    return;
  }
  const step = before.runFrames;
  for (let run = 0; run * step < frames; run++) {
    if (before.end === after.end && before.runIdentity(run) === after.runIdentity(run)) continue;
    for (let frame = run * step; frame < Math.min((run + 1) * step, frames); frame++) {
      if (before.pageIdentity(frame) !== after.pageIdentity(frame)) yield frame;
    }
  }
}

function pagesDiffer(before: PhysicalMemory, after: PhysicalMemory, frame: number): boolean {
  const old = before.page(frame);
  const now = after.page(frame);
  if (old === undefined || now === undefined) return old !== now;
  return Buffer.compare(old, now) !== 0;
}

/** A stretch of bytes that differ. */
export interface ChangedBytes {
  readonly address: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Equal bytes between two differing ones that are still taken to be of one stretch. */
const JOIN = 4;

/** Where the pages of `frame` differ. What one side cannot read is not compared. */
export function* changedBytes(before: PhysicalMemory, after: PhysicalMemory, frame: number): Generator<ChangedBytes> {
  const first = before.page(frame);
  const old = first === undefined ? undefined : first.slice();
  const now = after.page(frame);
  if (old === undefined || now === undefined) return;
  let start = -1;
  let end = -1;
  for (let at = 0; at <= PAGE_SIZE; at++) {
    const differs = at < PAGE_SIZE && old[at] !== now[at];
    if (start >= 0 && !differs && (at === PAGE_SIZE || at - end >= JOIN)) {
      yield { address: frame * PAGE_SIZE + start, before: old.slice(start, end), after: now.slice(start, end) };
      start = -1;
    }
    if (!differs) continue;
    if (start < 0) start = at;
    end = at + 1;
  }
}
