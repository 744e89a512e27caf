/** `memlapse live console`: the console of a running guest on this terminal. */
import { Command } from '@oclif/core/command';
import { attachConsole } from '../../cli/attach-console.js';
import { RUN_ARG, withRun } from '../../cli/live-client.js';
import { STORE_FLAG } from '../../cli/source-flags.js';

export default class LiveConsole extends Command {
  static override summary = 'Watch the console of a running guest, and type on it';
  static override description =
    'Shows what the guest printed lately and what it prints until it ends. On a terminal, keys go to the guest and Ctrl-] opens a menu; otherwise standard input is typed.';
  static override examples = ['<%= config.bin %> live console boot'];
  static override args = { name: RUN_ARG };
  static override flags = { store: STORE_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveConsole);
    await withRun(args.name, flags.store, (client) => attachConsole(client));
  }
}
