/** `memlapse profile fetch`: the symbol file of a Windows kernel, by way of a symbol server or a folder of one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { profileFromFiles } from '../../cli/build-symbol-file.js';
import { fetchProgramDatabase } from '../../cli/fetch-program-database.js';
import { wantedDatabase } from '../../cli/wanted-database.js';
import { writeSymbolFile } from '../../cli/write-symbol-file.js';
import { UsageError } from '../../core/errors.js';

export default class ProfileFetch extends Command {
  static override summary = 'Make the symbol file of a Windows kernel from a symbol server or a folder of symbols';
  static override description =
    'Looks for the program database (PDB) of the kernel in an image, or of one that is named as `memlapse info` shows it, in the places that a symbol path names, and makes a symbol file of it. Only what the path names is asked: nothing goes over the network unless it names a server.';
  static override examples = [
    '<%= config.bin %> profile fetch -f memory.raw --symbols "SRV*symbols*https://server/download/symbols" --to kernel.json.gz',
    '<%= config.bin %> profile fetch ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1 --symbols "SRV*symbols" --to kernel.json.gz',
  ];
  static override strict = false;
  static override usage = 'profile fetch [NAME/GUID-AGE] [-f <image>] --symbols <path> --to <file>';
  static override flags = {
    file: Flags.string({ char: 'f', description: 'The kernel in this image', helpValue: '<image>' }),
    symbols: Flags.string({
      required: true,
      env: '_NT_SYMBOL_PATH',
      description: 'Where to look: a symbol path as debuggers take it',
      helpValue: '<path>',
    }),
    to: Flags.string({
      required: true,
      description: 'File to write, packed with gzip when its name ends in .gz; must not exist',
      helpValue: '<file>',
    }),
    quiet: Flags.boolean({ char: 'q', description: 'No remarks on stderr' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(ProfileFetch);
    const [named, ...more] = argv as string[];
    if ((named === undefined) === (flags.file === undefined) || more.length > 0) {
      throw new UsageError('name either one program database or an image', 'memlapse profile fetch -f memory.raw');
    }
    const identity = await wantedDatabase(named, flags.file);
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-fetch-'));
    try {
      const { path, origin } = await fetchProgramDatabase(identity, flags.symbols, folder);
      const built = await profileFromFiles([path], () => {});
      writeSymbolFile(flags.to, built.file);
      if (!flags.quiet) this.logToStderr(`memlapse: ${identity.name} of ${origin}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
