/** `memlapse profile list`: the symbol files that come with memlapse. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { printRows } from '../../cli/print-rows.js';
import { column } from '../../core/columns.js';
import { shippedProfiles as linuxProfiles } from '../../profiles/linux/shipped-profile.js';
import { shippedProfiles as windowsProfiles } from '../../profiles/windows/shipped-profile.js';

const columns = {
  release: column.text('Kernel release or version of Windows that it is for'),
  identity: column.text('Of Windows: name, GUID and age of the program database of exactly that kernel'),
  structs: column.integer('Structures and unions in it'),
  symbols: column.integer('Symbols in it'),
  path: column.text('Where it is'),
};

export default class ProfileList extends Command {
  static override summary = 'List the symbol files that come with memlapse';
  static override description =
    'They are for kernels that carry no type information of their own: of distributions without BTF, and of Windows. Kernels with BTF need none.';
  static override examples = ['<%= config.bin %> profile list'];
  static override flags = { json: Flags.boolean({ description: 'An array of objects' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(ProfileList);
    const linux = linuxProfiles().map((profile) => ({ ...profile, identity: undefined }));
    const windows = windowsProfiles().map((profile) => ({
      release: profile.version,
      identity: profile.identity,
      path: profile.path,
      document: profile.document(),
    }));
    const rows = [...linux, ...windows].map(({ release, identity, path, document }) => ({
      release,
      identity,
      structs: document.count('user_types'),
      symbols: document.count('symbols'),
      path,
    }));
    await printRows('profile list', columns, rows, flags.json);
  }
}
