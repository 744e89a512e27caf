/** `memlapse live resume`. */
import { Command } from '@oclif/core/command';
import { RUN_ARG, STATUS_COLUMNS, statusRow, withRun } from '../../cli/live-client.js';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS } from '../../cli/snapshot-flags.js';

export default class LiveResume extends Command {
  static override summary = 'Let a paused guest run on';
  static override examples = ['<%= config.bin %> live resume boot'];
  static override args = { name: RUN_ARG };
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveResume);
    const status = await withRun(args.name, flags.store, (client) => client.request('resume', {}));
    await printRows('status', STATUS_COLUMNS, [statusRow(status)], flags.json);
  }
}
