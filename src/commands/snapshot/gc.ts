/** `memlapse snapshot gc`: frees what removed snapshots and killed writers left. */
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { GARBAGE_COLUMNS, garbageRow } from '../../cli/snapshot-rows.js';
import { collectGarbage } from '../../snapshots/collect-garbage.js';

export default class SnapshotGc extends Command {
  static override summary = 'Free the space of removed snapshots';
  static override description =
    'Removes pages that no snapshot refers to. The file does not shrink; the space is used for the next snapshots. Refuses while a snapshot is being written.';
  static override examples = ['<%= config.bin %> snapshot gc'];
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(SnapshotGc);
    await withStore(flags.store, (store) =>
      printRows('garbage', GARBAGE_COLUMNS, [garbageRow(collectGarbage(store))], flags.json),
    );
  }
}
