/**
 * What a snapshot of a running guest holds beside memory: the machine's state and what the guest was made from. With
 * memory that is all that is needed to run on from it.
 *
 * Disks stay where they are; a snapshot has what the guest wrote, and the size and age of the image under it.
 */
import { statSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { UserError } from '../core/errors.js';
import type { MachineState } from '../emulator/machine/machine-state.js';
import type { GuestFile } from '../guests/guest-file.js';
import type { StateBytes } from '../snapshots/sink-messages.js';
import type { SnapshotStore } from '../snapshots/store.js';
import type { LiveGuest } from './live-guest.js';

/** As `saveState` gives it, in Node's structured-clone format. */
const MACHINE = { name: 'machine', version: 1 } as const;
/** JSON: `GuestRecord`. */
const GUEST = { name: 'guest', version: 1 } as const;

interface DiskStamp {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

interface GuestRecord {
  readonly guest: GuestFile;
  /** One for each of the guest's disks. */
  readonly disks: readonly DiskStamp[];
}

export interface SavedGuest {
  readonly guest: GuestFile;
  readonly state: MachineState;
}

/** Both states of a guest that stands still. */
export function savedStates({ guest, machine }: LiveGuest): readonly StateBytes[] {
  const record: GuestRecord = { guest, disks: (guest.disks ?? []).map(stamp) };
  return [
    { ...MACHINE, bytes: serialize(machine.saveState()) },
    { ...GUEST, bytes: Buffer.from(JSON.stringify(record)) },
  ];
}

/** @throws UserError when the snapshot is of no guest of ours, or a disk is not what it was */
export function loadGuest(store: SnapshotStore, series: string, number: number): SavedGuest {
  const name = `${series}@${number}`;
  const machine = store.state(series, number, MACHINE.name);
  const made = store.state(series, number, GUEST.name);
  if (machine === undefined || made === undefined) {
    throw new UserError(`${name} holds no machine that can run on`, 'snapshots taken by `live run` do');
  }
  if (machine.version !== MACHINE.version || made.version !== GUEST.version) {
    throw new UserError(`${name} was taken by another version of memlapse`, 'run on from it with that version');
  }
  const { guest, disks } = JSON.parse(Buffer.from(made.bytes).toString()) as GuestRecord;
  for (const [index, path] of (guest.disks ?? []).entries()) {
    const { size, modified } = disks[index] as DiskStamp;
    const now = stamp(path);
    if (now.size === size && now.modified === modified) continue;
    throw new UserError(
      `the disk ${path} has changed since ${name}: it was ${describeStamp({ size, modified })}, and is ${describeStamp(now)}`,
      'put the image back as it was (`cp -p` keeps the time)',
    );
  }
  return { guest, state: machineState(machine.bytes, name) };
}

function machineState(bytes: Uint8Array, name: string): MachineState {
  try {
    return deserialize(bytes) as MachineState;
  } catch (error) {
    throw new UserError(`the machine of ${name} cannot be read: ${(error as Error).message}`, 'run `snapshot verify`');
  }
}

function describeStamp({ size, modified }: DiskStamp): string {
  return `${size} bytes of ${new Date(modified).toISOString()}`;
}

function stamp(path: string): DiskStamp {
  try {
    const { size, mtimeMs } = statSync(path);
    return { size, modified: mtimeMs };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'is gone' : `cannot be looked at: ${message}`;
    throw new UserError(`the disk ${path} ${what}`, 'put the image back');
  }
}
