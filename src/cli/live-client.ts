/** The connection of a `live …` command to the guest that it controls, and what the commands print. */
import * as Args from '@oclif/core/args';
import { column, type Row } from '../core/columns.js';
import { ControlClient } from '../live/control/control-client.js';
import type { RunStatus } from '../live/control/protocol.js';
import { storeFolder } from '../snapshots/store-folder.js';

export const RUN_ARG = Args.string({ required: true, description: 'Name of the run' });

/** Runs `work` with a connection to the run `name`. @throws UserError when there is none */
export async function withRun<T>(
  name: string,
  store: string | undefined,
  work: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const client = await ControlClient.connect(storeFolder(store), name);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

export const STATUS_COLUMNS = {
  name: column.text('Name of the run and of its series'),
  guest: column.text('Guest, or the snapshot it went on from'),
  pid: column.integer('Process that runs it'),
  state: column.text('running, paused or ended'),
  guestTime: column.duration('Guest time since it was switched on'),
  instructions: column.integer('Instructions since it was switched on'),
  snapshots: column.integer('Snapshots taken by this run'),
  last: column.integer('Number of the last one'),
  missed: column.integer('Snapshots that could not be taken'),
  schedule: column.list('When snapshots are taken'),
  since: column.text('When the run began', { quiet: true }),
  stateHash: column.text('Digest of the machine', { quiet: true }),
};

export function statusRow(status: RunStatus): Row<typeof STATUS_COLUMNS> {
  return { ...status, guestTime: BigInt(Math.round(status.guestTime)) };
}
