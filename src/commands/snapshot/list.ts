/** `memlapse snapshot list`: what the store has. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { selectSnapshots } from '../../snapshots/select-snapshot.js';

export default class SnapshotList extends Command {
  static override summary = 'List snapshots';
  static override description = 'Of all series, or of one, or of a part of one (boot@3..9).';
  static override examples = ['<%= config.bin %> snapshot list', '<%= config.bin %> snapshot list boot@t=5s.. --json'];
  static override args = { series: Args.string({ description: 'Series, or a part of it' }) };
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SnapshotList);
    await withStore(flags.store, (store) => {
      const found = args.series === undefined ? store.list() : selectSnapshots(store, args.series);
      return printRows('snapshots', LIST_COLUMNS, found.map(listRow), flags.json);
    });
  }
}
