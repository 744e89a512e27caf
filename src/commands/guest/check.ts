/** `memlapse guest check`: whether a guest can be booted. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { CHECK_COLUMNS, GUEST_WORD } from '../../cli/guest-rows.js';
import { printRows } from '../../cli/print-rows.js';
import { findGuest } from '../../guests/known-guests.js';
import { checkGuest } from '../../live/check-guest.js';

export default class GuestCheck extends Command {
  static override summary = 'Check that a guest can be booted';
  static override description =
    'The file against its schema; kernel, initial root and disks for being there and being such. Boots nothing. Exit code 1 when something is wrong.';
  static override examples = ['<%= config.bin %> guest check debian-amd64', '<%= config.bin %> guest check guest.json'];
  static override args = { guest: GUEST_WORD };
  static override flags = { json: Flags.boolean({ description: 'An array of objects' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GuestCheck);
    const { guest } = await findGuest(args.guest);
    const checks = await checkGuest(guest);
    await printRows(
      'checks',
      CHECK_COLUMNS,
      checks.map((each) => ({ ...each })),
      flags.json,
    );
    if (checks.some(({ problem }) => problem !== undefined)) this.exit(1);
  }
}
