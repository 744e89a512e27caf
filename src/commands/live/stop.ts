/** `memlapse live stop`: ends a running guest. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { RUN_ARG, STATUS_COLUMNS, statusRow, withRun } from '../../cli/live-client.js';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS } from '../../cli/snapshot-flags.js';

export default class LiveStop extends Command {
  static override summary = 'End a running guest, with a last snapshot';
  static override description =
    'The guest is not told: it stands still where it is, and `live run --from NAME@last` goes on from there.';
  static override examples = ['<%= config.bin %> live stop boot', '<%= config.bin %> live stop boot --discard'];
  static override args = { name: RUN_ARG };
  static override flags = {
    ...SNAPSHOT_FLAGS,
    discard: Flags.boolean({ description: 'No last snapshot' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveStop);
    const { discard } = flags;
    const status = await withRun(args.name, flags.store, (client) => client.request('stop', { discard }));
    await printRows('status', STATUS_COLUMNS, [statusRow(status)], flags.json);
  }
}
