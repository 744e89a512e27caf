/** `memlapse guest show`: what a guest is made of. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { GUEST_COLUMNS, GUEST_WORD, guestFacts, guestRow } from '../../cli/guest-rows.js';
import { printRows } from '../../cli/print-rows.js';
import { FACT_COLUMNS } from '../../cli/snapshot-rows.js';
import { findGuest } from '../../guests/known-guests.js';

export default class GuestShow extends Command {
  static override summary = 'Show what a guest is made of';
  static override examples = [
    '<%= config.bin %> guest show debian-amd64',
    '<%= config.bin %> guest show guest.json --json',
  ];
  static override args = { guest: GUEST_WORD };
  static override flags = { json: Flags.boolean({ description: 'An array of one object' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GuestShow);
    const known = await findGuest(args.guest);
    if (flags.json) await printRows('guest', GUEST_COLUMNS, [guestRow(known)], true);
    else await printRows('guest', FACT_COLUMNS, guestFacts(known), false);
  }
}
