/** What `live run` and `live start` are to run: a guest file, or a snapshot to go on from, and under which name. */
import { UsageError } from '../core/errors.js';
import { parseSerialScript, type ScriptStep } from '../emulator-host/serial-script.js';
import { readWholeFile } from '../formats/sources/read-whole-file.js';
import { findGuest } from '../guests/known-guests.js';
import type { GuestSource } from '../live/live-session.js';
import { selectSnapshot } from '../snapshots/select-snapshot.js';
import type { SnapshotStore } from '../snapshots/store.js';

/** @throws UsageError unless exactly one of both is named, UserError when it cannot be read */
export async function liveSource(
  store: SnapshotStore,
  guest: string | undefined,
  from: string | undefined,
): Promise<GuestSource> {
  if ((guest === undefined) === (from === undefined)) {
    throw new UsageError(
      guest === undefined ? 'no guest is named' : 'a guest and --from are named: it is one or the other',
      'give a guest (guest create makes one, guest list shows them), or --from NAME@7',
    );
  }
  if (guest !== undefined) return { guest: (await findGuest(guest)).guest };
  const { series, number } = selectSnapshot(store, (from as string).replace(/^snapshot:/, ''));
  return { series, number };
}

/** The series to write to when no name is given. */
export function defaultName(source: GuestSource): string {
  return 'guest' in source ? source.guest.name : `${source.series}.${source.number}`;
}

/** @throws UserError when the script cannot be read or holds another thing than expect and send */
export function readScript(path: string): readonly ScriptStep[] {
  return parseSerialScript(readWholeFile(path).toString('utf8'));
}
