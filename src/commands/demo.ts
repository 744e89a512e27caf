/** `memlapse demo`: a Debian guest in the emulator, recorded, and then looked into with the ordinary commands. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { DEMO_SCENES, freeSeries } from '../cli/demo-scenes.js';
import { withStore } from '../cli/snapshot-flags.js';
import { STORE_FLAG } from '../cli/source-flags.js';
import { demoGuest } from '../guests/demo-guest.js';
import { recordDemo } from '../live/record-demo.js';
import { storeInThread } from '../live/storing.js';

export default class Demo extends Command {
  static override summary = 'Boot a guest, take snapshots, compare them, and find a process that hides';
  static override description =
    'Makes a small guest from Debian packages (downloaded by apt, kept under the cache folder, nothing is installed), boots its unmodified kernel in the embedded emulator, takes snapshots of it into the store, and runs ordinary commands on them.';
  static override examples = ['<%= config.bin %> demo', '<%= config.bin %> demo --store /tmp/demo'];
  static override flags = {
    store: STORE_FLAG,
    arch: Flags.option({
      options: ['amd64', 'i386'] as const,
      default: 'amd64' as const,
      description: 'Architecture of the guest',
    })(),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const note = (text: string) => this.log(`   ${text}`);
    this.log('== a Debian guest boots, with a snapshot every second of its time');
    const guest = demoGuest(flags.arch, note);
    const series = await withStore(
      flags.store,
      async (store) => {
        const name = freeSeries(store);
        await recordDemo(guest, store, name, note, storeInThread);
        return name;
      },
      { create: true },
    );
    const store = flags.store === undefined ? [] : ['--store', flags.store];
    for (const { title, commands } of DEMO_SCENES) {
      this.log(`\n== ${title}`);
      for (const [id, ...args] of commands(series)) {
        const argv = [...args, ...store];
        this.log(`\n$ ${[this.config.bin, id.replaceAll(':', ' '), ...argv.map(quoted)].join(' ')}`);
        await this.config.runCommand(id, argv);
      }
    }
    const options = store.map(quoted).join(' ');
    this.log(
      `
Now try:
  memlapse snapshot list ${series} ${options}
  memlapse maps -f snapshot:${series}@t=5s --filter process=.updater ${options}
  memlapse diff --series ${series} --only processes ${options}
  memlapse timeline -f snapshot:${series} -r chrome-trace ${options} > demo.json    and open it in ui.perfetto.dev
  memlapse live run ${quoted(guest)} --name mine --every 1s      the same guest with its console here
  memlapse pslist -f IMAGE                                       a memory image of yours`.replace(/ +$/gm, ''),
    );
  }
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
