/** `memlapse profile build`: a symbol file from a kernel's build files, or from an image. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { profileFromFiles, profileFromImage } from '../../cli/build-symbol-file.js';
import { ProgressBar } from '../../cli/progress.js';
import { writeSymbolFile } from '../../cli/write-symbol-file.js';
import { UsageError } from '../../core/errors.js';

export default class ProfileBuild extends Command {
  static override summary = 'Make a symbol file from vmlinux, vmlinuz, System.map, a package, a PDB or an image';
  static override description =
    'Takes a vmlinux with debug information (DWARF) or with a .BTF section, a vmlinuz of a kernel with BTF, or a Debian package with one of these in it and, where symbols are stripped, a System.map; or the program database (PDB) of a Windows kernel; or, with --file, an image whose kernel carries BTF and kallsyms. The result is ISF JSON, which memlapse and Volatility 3 load.';
  static override examples = [
    '<%= config.bin %> profile build vmlinux --to 6.1.0-50-686.json.gz',
    '<%= config.bin %> profile build vmlinux System.map --to kernel.json',
    '<%= config.bin %> profile build linux-image-6.1.0-50-686-dbg_6.1.176-1_i386.deb --to kernel.json.gz',
    '<%= config.bin %> profile build ntkrnlmp.pdb --to ntkrnlmp.json.gz',
    '<%= config.bin %> profile build -f memory.raw --to kernel.json.gz',
  ];
  static override strict = false;
  static override usage = 'profile build [FILE…] [-f <image>] --to <file>';
  static override flags = {
    file: Flags.string({ char: 'f', description: 'Take types and symbols from this image', helpValue: '<image>' }),
    to: Flags.string({
      required: true,
      description: 'File to write, packed with gzip when its name ends in .gz; must not exist',
      helpValue: '<file>',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'No remarks and no progress on stderr' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ProfileBuild);
    const files = argv as string[];
    if ((files.length === 0) === (flags.file === undefined)) {
      throw new UsageError('name either build files or an image', 'memlapse profile build vmlinux, or -f memory.raw');
    }
    const bar = new ProgressBar(!flags.quiet);
    try {
      const built =
        flags.file === undefined
          ? await profileFromFiles(files, (done, all) => bar.update(done, all, 'reading'))
          : await profileFromImage(flags.file);
      bar.stop();
      writeSymbolFile(flags.to, built.file);
      if (!flags.quiet) for (const source of built.sources) this.logToStderr(`memlapse: ${source}`);
    } finally {
      bar.stop();
    }
  }
}
