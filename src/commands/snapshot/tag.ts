/** `memlapse snapshot tag`: gives a snapshot a name of its own, or takes one away. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { UserError } from '../../core/errors.js';
import { selectSnapshot } from '../../snapshots/select-snapshot.js';

export default class SnapshotTag extends Command {
  static override summary = 'Give a snapshot a name';
  static override description = 'A tag that the series has already moves to the snapshot named.';
  static override examples = [
    '<%= config.bin %> snapshot tag boot@3 before-login',
    '<%= config.bin %> snapshot tag boot before-login --delete',
  ];
  static override args = {
    snapshot: Args.string({ required: true, description: 'NAME@3, NAME@t=12.5s, …' }),
    tag: Args.string({ required: true, description: 'Letters, digits, dots and dashes' }),
  };
  static override flags = { ...SNAPSHOT_FLAGS, delete: Flags.boolean({ description: 'Take the tag away' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SnapshotTag);
    await withStore(flags.store, (store) => {
      const { series, number } = selectSnapshot(store, args.snapshot);
      if (!flags.delete) store.tag(series, number, args.tag);
      else if (!store.untag(series, args.tag)) throw new UserError(`${series} has no tag '${args.tag}'`);
      return printRows('snapshots', LIST_COLUMNS, store.list(series).map(listRow), flags.json);
    });
  }
}
