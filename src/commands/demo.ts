/** `memlapse demo`: a Debian guest in the emulator, looked into while it runs. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { printRows } from '../cli/print-rows.js';
import { resolvePlugins } from '../cli/resolve-plugins.js';
import { demo } from '../live/demo.js';
import { selectColumns } from '../report/row-filter.js';

export default class Demo extends Command {
  static override summary = 'Boot a guest, look into it at two moments, and find a process that hides';
  static override description =
    'Makes a small guest from Debian packages (downloaded by apt, kept under the cache folder, nothing is installed), boots its unmodified kernel in the embedded emulator and runs the ordinary commands on its memory while it stands still.';
  static override examples = ['<%= config.bin %> demo'];
  static override flags = {
    arch: Flags.option({
      options: ['amd64', 'i386'] as const,
      default: 'amd64' as const,
      description: 'Architecture of the guest',
    })(),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    await demo(flags.arch, {
      heading: (text) => this.log(`\n== ${text}`),
      note: (text) => this.log(`   ${text}`),
      plugin: async (name) => (await resolvePlugins(name))[0],
      show: (plugin, columns, rows) => {
        this.log(`\n$ memlapse ${plugin.name}`);
        return printRows(plugin.name, selectColumns(plugin.columns, columns), rows, false);
      },
    });
    this.log(`
Now try:
  memlapse pslist -f IMAGE          the same on a memory image of yours
  memlapse emulate --help           boot a guest of your own
  memlapse --help                   everything else`);
  }
}
