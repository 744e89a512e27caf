/** `memlapse live start`: runs a guest in the background. */
import { Command } from '@oclif/core/command';
import { STATUS_COLUMNS, statusRow, withRun } from '../../cli/live-client.js';
import { GUEST_ARG, LIVE_FLAGS } from '../../cli/live-flags.js';
import { printRows } from '../../cli/print-rows.js';
import { startInBackground } from '../../cli/start-in-background.js';

export default class LiveStart extends Command {
  static override summary = 'Run a guest in the background';
  static override description =
    'As `live run` does, in a process of its own that is controlled by the other `live` commands. What it would say goes to live/NAME.log in the folder of the store. Guest time does not run ahead of the clock on the wall, unless --speed max is given.';
  static override examples = [
    '<%= config.bin %> live start guest.json --name boot --every 10s --keep 100',
    '<%= config.bin %> live start --from boot@7 --name again --speed max',
  ];
  static override args = { guest: GUEST_ARG };
  static override flags = LIVE_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveStart);
    const name = await startInBackground(args.guest, flags, this.argv);
    const status = await withRun(name, flags.store, (client) => client.request('status', {}));
    await printRows('status', STATUS_COLUMNS, [statusRow(status)], flags.json);
  }
}
