/** `memlapse live snapshot`: takes a snapshot of a running guest now. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { RUN_ARG, withRun } from '../../cli/live-client.js';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { checkTag } from '../../snapshots/series-name.js';

export default class LiveSnapshot extends Command {
  static override summary = 'Take a snapshot of a running guest now';
  static override examples = [
    '<%= config.bin %> live snapshot boot',
    "<%= config.bin %> live snapshot boot --label 'before the login' --tag before",
  ];
  static override args = { name: RUN_ARG };
  static override flags = {
    ...SNAPSHOT_FLAGS,
    label: Flags.string({ description: 'What to call the moment', helpValue: '<text>' }),
    tag: Flags.string({ description: 'A name that leads to the snapshot: snapshot:NAME@TAG', helpValue: '<tag>' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveSnapshot);
    const { label, tag } = flags;
    if (tag !== undefined) checkTag(tag);
    const wanted = { ...(label === undefined ? {} : { label }), ...(tag === undefined ? {} : { tag }) };
    const { series, number } = await withRun(args.name, flags.store, (client) => client.request('snapshot', wanted));
    await withStore(flags.store, (store) =>
      printRows(
        'snapshots',
        LIST_COLUMNS,
        [listRow(store.find(series, number) ?? store.get(series, number))],
        flags.json,
      ),
    );
  }
}
