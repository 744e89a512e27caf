/** `memlapse guest list`: the guests that were made and kept. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { GUEST_COLUMNS, guestRow } from '../../cli/guest-rows.js';
import { printRows } from '../../cli/print-rows.js';
import { knownGuests } from '../../guests/known-guests.js';

export default class GuestList extends Command {
  static override summary = 'List the guests that are kept';
  static override examples = ['<%= config.bin %> guest list', '<%= config.bin %> guest list --json'];
  static override flags = { json: Flags.boolean({ description: 'An array of objects' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(GuestList);
    await printRows('guests', GUEST_COLUMNS, (await knownGuests()).map(guestRow), flags.json);
  }
}
