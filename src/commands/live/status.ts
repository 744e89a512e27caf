/** `memlapse live status`: how a running guest does. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { RUN_ARG, STATUS_COLUMNS, statusRow, withRun } from '../../cli/live-client.js';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS } from '../../cli/snapshot-flags.js';

export default class LiveStatus extends Command {
  static override summary = 'Say how a running guest does';
  static override examples = [
    '<%= config.bin %> live status boot',
    '<%= config.bin %> live status boot --state-hash --json',
  ];
  static override args = { name: RUN_ARG };
  static override flags = {
    ...SNAPSHOT_FLAGS,
    'state-hash': Flags.boolean({ description: 'With a digest of the whole machine (reads all of its memory)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveStatus);
    const stateHash = flags['state-hash'];
    const status = await withRun(args.name, flags.store, (client) => client.request('status', { stateHash }));
    const columns = stateHash
      ? { ...STATUS_COLUMNS, stateHash: { ...STATUS_COLUMNS.stateHash, quiet: false } }
      : STATUS_COLUMNS;
    await printRows('status', columns, [statusRow(status)], flags.json);
  }
}
