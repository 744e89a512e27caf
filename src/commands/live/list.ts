/** `memlapse live list`: the guests that run. */
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS } from '../../cli/snapshot-flags.js';
import { column } from '../../core/columns.js';
import { livingRuns } from '../../live/control/run-folder.js';
import { storeFolder } from '../../snapshots/store-folder.js';

const COLUMNS = {
  name: column.text('Name of the run and of its series'),
  guest: column.text('Guest, or the snapshot it went on from'),
  pid: column.integer('Process that runs it'),
  since: column.text('When the run began'),
};

export default class LiveList extends Command {
  static override summary = 'List the guests that run';
  static override examples = ['<%= config.bin %> live list', '<%= config.bin %> live list --json'];
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(LiveList);
    const rows = livingRuns(storeFolder(flags.store)).map(({ name, guest, pid, since }) => ({
      name,
      guest,
      pid,
      since,
    }));
    await printRows('runs', COLUMNS, rows, flags.json);
  }
}
