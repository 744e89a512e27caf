/** `memlapse live run`: runs a guest in the emulator and takes snapshots on a schedule. */
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { GUEST_ARG, LIVE_FLAGS } from '../../cli/live-flags.js';
import { printRows } from '../../cli/print-rows.js';
import { runLive } from '../../cli/run-live.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';

export default class LiveRun extends Command {
  static override summary = 'Run a guest and take snapshots of it on a schedule';
  static override description =
    `The guest prints on stderr; on a terminal, keys go to it and Ctrl-] opens a menu. It ends when it powers off, or after --for. While it runs, \`live status\`, \`live snapshot\`, -f live:NAME and so on work from elsewhere. Every command reads the snapshots: -f snapshot:NAME@3, @t=12.5s, @last.

Schedules add up; what is due at one moment makes one snapshot. A snapshot that was missed is said, and makes the exit code 1.

Without a terminal, guest time runs as fast as it goes; with one, not ahead of the clock on the wall. --speed says otherwise.`;
  static override examples = [
    '<%= config.bin %> live run guest.json --name boot --every 2s --for 30s',
    '<%= config.bin %> live run guest.json --name boot --every 500Mi --at 5s,7.5s --keep 100 --keep-every 10',
    "<%= config.bin %> live run guest.json --name boot --on 'console:login:' --script login.txt",
    '<%= config.bin %> live run --from boot@7 --name again --for 10s --state-hash',
  ];
  static override args = { guest: GUEST_ARG };
  static override flags = {
    ...LIVE_FLAGS,
    'state-hash': Flags.boolean({ description: 'Say a digest of the machine at the end, the same for equal runs' }),
    background: Flags.boolean({ hidden: true, description: 'The process behind `live start`' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveRun);
    const background = flags.background ? { ready: () => process.send?.('ready') } : undefined;
    const { taken, stateHash, exitCode } = await runLive(args.guest, flags, background);
    if (flags['state-hash']) this.logToStderr(`memlapse: state ${stateHash()}`);
    if (!flags.background) await printRows('snapshots', LIST_COLUMNS, taken.map(listRow), flags.json);
    if (exitCode !== 0) this.exit(exitCode);
  }
}
