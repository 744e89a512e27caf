/** `memlapse snapshot show`: everything that is known of one snapshot but its pages. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { FACT_COLUMNS, factRows, LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { selectSnapshot } from '../../snapshots/select-snapshot.js';

export default class SnapshotShow extends Command {
  static override summary = 'Show one snapshot';
  static override examples = [
    '<%= config.bin %> snapshot show boot@3',
    '<%= config.bin %> snapshot show boot@t=12.5s --json',
  ];
  static override args = {
    snapshot: Args.string({ required: true, description: 'NAME@3, NAME@t=12.5s, NAME@TAG, …' }),
  };
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SnapshotShow);
    await withStore(flags.store, (store) => {
      const found = selectSnapshot(store, args.snapshot);
      if (flags.json) return printRows('snapshot', LIST_COLUMNS, [listRow(found)], true);
      return printRows('snapshot', FACT_COLUMNS, factRows(found), false);
    });
  }
}
