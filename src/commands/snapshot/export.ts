/** `memlapse snapshot export`: writes the memory of a snapshot for other tools. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { exportMemory } from '../../cli/export-memory.js';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { EXPORT_COLUMNS } from '../../cli/snapshot-rows.js';
import { type WrittenFormat, writers } from '../../formats/convert-image.js';
import { selectSnapshot } from '../../snapshots/select-snapshot.js';

const FORMATS = Object.keys(writers) as WrittenFormat[];

export default class SnapshotExport extends Command {
  static override summary = 'Write the memory of a snapshot to a file';
  static override description =
    'raw keeps holes as holes of the file, LiME and ELF core hold only what is there; an ELF core has the registers and opens in gdb (addresses of memory are physical there) and crash.';
  static override examples = [
    '<%= config.bin %> snapshot export boot@3 memory.raw',
    '<%= config.bin %> snapshot export boot@last memory.core --to elf',
  ];
  static override args = {
    snapshot: Args.string({ required: true, description: 'NAME@3, NAME@t=12.5s, NAME@TAG, …' }),
    target: Args.string({ required: true, description: 'File to write' }),
  };
  static override flags = {
    ...SNAPSHOT_FLAGS,
    to: Flags.option({ options: FORMATS, default: 'raw', description: 'Format to write' })(),
    overwrite: Flags.boolean({ description: 'Replace the file when it exists' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SnapshotExport);
    await withStore(flags.store, async (store) => {
      const { series, number } = selectSnapshot(store, args.snapshot);
      const memory = store.openMemory(series, number);
      try {
        const report = await exportMemory(memory, flags.to, args.target, { overwrite: flags.overwrite });
        const row = { series, number, file: args.target, format: flags.to, ...report };
        await printRows('export', EXPORT_COLUMNS, [row], flags.json);
      } finally {
        memory.close();
      }
    });
  }
}
