/** `memlapse convert`: writes an image's memory in another format. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { exportMemory } from '../cli/export-memory.js';
import { ProgressBar } from '../cli/progress.js';
import { STORE_FLAG } from '../cli/source-flags.js';
import { type WrittenFormat, writers } from '../formats/convert-image.js';
import { openSourceMemory } from '../open/open-source.js';

const FORMATS = Object.keys(writers) as WrittenFormat[];

export default class Convert extends Command {
  static override summary = 'Write the memory of an image in another format';
  static override description =
    'Reads every format that analysis reads (in gzip, xz or zstd, too) and writes physical memory: raw keeps holes as holes of the file, LiME and ELF core hold only what is there. Registers are kept in ELF cores.';
  static override examples = [
    '<%= config.bin %> convert -f memory.kdump memory.raw',
    '<%= config.bin %> convert -f memory.avml --to elf memory.core',
  ];
  static override args = { target: Args.string({ description: 'File to write', required: true }) };
  static override flags = {
    file: Flags.string({ char: 'f', required: true, description: 'Memory image to read', helpValue: '<image>' }),
    store: STORE_FLAG,
    to: Flags.option({ options: FORMATS, default: 'raw', description: 'Format to write' })(),
    overwrite: Flags.boolean({ description: 'Replace the file when it exists' }),
    quiet: Flags.boolean({ char: 'q', description: 'No remarks and no progress on stderr' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Convert);
    const bar = new ProgressBar(!flags.quiet);
    const memory = await openSourceMemory(flags.file, {
      store: flags.store,
      onUnpack: (done, total) => bar.update(done, total, 'unpacking'),
    });
    try {
      const report = await exportMemory(memory, flags.to, args.target, {
        overwrite: flags.overwrite,
        progress: (done, total) => bar.update(done, total, 'converting'),
      });
      bar.stop();
      if (flags.quiet) return;
      for (const note of [...memory.notes, ...notesOf(report)]) this.logToStderr(`memlapse: ${note}`);
    } finally {
      bar.stop();
      memory.close();
    }
  }
}

function notesOf({ written, unreadable }: { readonly written: number; readonly unreadable: number }): string[] {
  return unreadable === 0 ? [] : [`${unreadable} of ${written} bytes could not be read and are zero`];
}
