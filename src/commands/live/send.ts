/** `memlapse live send`: types on the console of a running guest. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { RUN_ARG, withRun } from '../../cli/live-client.js';
import { STORE_FLAG } from '../../cli/source-flags.js';
import { decodeEscapes } from '../../emulator-host/serial-script.js';

export default class LiveSend extends Command {
  static override summary = 'Type on the console of a running guest';
  static override description =
    'The text may hold \\n, \\r, \\t, \\\\ and \\xNN. Enter is added at its end unless --raw is given.';
  static override examples = [
    "<%= config.bin %> live send boot 'ps aux'",
    "<%= config.bin %> live send boot '\\x03' --raw",
  ];
  static override args = {
    name: RUN_ARG,
    text: Args.string({ required: true, description: 'What to type' }),
  };
  static override flags = { store: STORE_FLAG, raw: Flags.boolean({ description: 'No Enter at the end' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveSend);
    const text = decodeEscapes(args.text, 'the text') + (flags.raw ? '' : '\r');
    const data = Buffer.from(text, 'utf8').toString('base64');
    await withRun(args.name, flags.store, (client) => client.request('send', { data }));
  }
}
