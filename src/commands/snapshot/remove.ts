/** `memlapse snapshot remove`: takes snapshots out of the store. */
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { UsageError } from '../../core/errors.js';
import { selectSnapshots } from '../../snapshots/select-snapshot.js';

export default class SnapshotRemove extends Command {
  static override summary = 'Remove snapshots';
  static override description =
    'One (boot@3), a part of a series (boot@3..9) or all of it (boot). Prints what was removed. Their pages stay until `snapshot gc`; others that were taken as a difference to them remain whole.';
  static override examples = [
    '<%= config.bin %> snapshot remove boot@3',
    '<%= config.bin %> snapshot remove boot@5..9 other',
  ];
  static override strict = false;
  static override usage = 'snapshot remove NAME[@POINT]…';
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(SnapshotRemove);
    if (argv.length === 0) throw new UsageError('no snapshot is named', 'name some: boot@3, boot@5..9');
    await withStore(flags.store, (store) => {
      const chosen = (argv as string[]).flatMap((name) => selectSnapshots(store, name));
      const once = [...new Map(chosen.map((each) => [`${each.series}@${each.number}`, each])).values()];
      for (const { series, number } of once) store.remove(series, number);
      return printRows('snapshots', LIST_COLUMNS, once.map(listRow), flags.json);
    });
  }
}
