/** `memlapse snapshot import`: dumps made elsewhere become snapshots of a series. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { importDumps } from '../../cli/import-dumps.js';
import { printRows } from '../../cli/print-rows.js';
import { ProgressBar } from '../../cli/progress.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { UsageError } from '../../core/errors.js';
import type { SnapshotInfo } from '../../snapshots/manifest.js';
import { wallTimeNs } from '../../snapshots/select-snapshot.js';

export default class SnapshotImport extends Command {
  static override summary = 'Take memory images into a series of snapshots';
  static override description =
    'Every format that analysis reads. Several dumps of one machine, in the order they were taken, become a series that diff, timeline and every command can work on; pages they share are stored once. The store is made when there is none.';
  static override examples = [
    '<%= config.bin %> snapshot import monday.raw tuesday.lime --name server',
    '<%= config.bin %> snapshot import memory.vmcore --name server --time 2026-01-31T12:00:00Z --label before-reboot',
  ];
  static override strict = false;
  static override usage = 'snapshot import FILE… --name <series>';
  static override flags = {
    ...SNAPSHOT_FLAGS,
    name: Flags.string({ char: 'n', required: true, description: 'Name of the series', helpValue: '<series>' }),
    time: Flags.string({ description: 'When it was taken (default: the time of the file)', helpValue: '<ISO 8601>' }),
    label: Flags.string({
      description: 'What to call the moment (default: the name of the file)',
      helpValue: '<text>',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'No progress on stderr' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(SnapshotImport);
    const files = argv as string[];
    if (files.length === 0) throw new UsageError('no image is named', 'name the files in the order they were taken');
    const time = flags.time === undefined ? undefined : wallTimeNs(flags.time);
    const bar = new ProgressBar(!flags.quiet);
    const request = { files, series: flags.name, wallTimeNs: time, label: flags.label, store: flags.store };
    const done: SnapshotInfo[] = [];
    try {
      await withStore(
        flags.store,
        async (store) => {
          for await (const info of importDumps(store, request, bar)) done.push(info);
        },
        { create: true },
      );
    } finally {
      bar.stop();
      if (done.length > 0) await printRows('snapshots', LIST_COLUMNS, done.map(listRow), flags.json);
    }
  }
}
