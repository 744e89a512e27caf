/** `memlapse live run`: runs a guest in the emulator and takes snapshots on a schedule. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { printRows } from '../../cli/print-rows.js';
import { parseInterval, parseTime } from '../../cli/quantities.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { LIST_COLUMNS, listRow } from '../../cli/snapshot-rows.js';
import { loadGuestFile } from '../../guests/guest-file.js';
import { LiveGuest } from '../../live/live-guest.js';
import { recordSeries } from '../../live/record-series.js';
import type { SnapshotInfo } from '../../snapshots/manifest.js';

export default class LiveRun extends Command {
  static override summary = 'Run a guest and take snapshots of it on a schedule';
  static override description =
    'The guest prints on stderr. It ends when it powers off, or after --for of guest time. Every command reads the snapshots: -f snapshot:NAME@3, @t=12.5s, @last.';
  static override examples = [
    '<%= config.bin %> live run guest.json --name boot --every 2s --for 30s',
    '<%= config.bin %> live run guest.json --name boot --every 500Mi',
  ];
  static override args = { guest: Args.string({ required: true, description: 'Guest file (guest create makes one)' }) };
  static override flags = {
    ...SNAPSHOT_FLAGS,
    name: Flags.string({
      char: 'n',
      description: 'Name of the series (default: that of the guest)',
      helpValue: '<series>',
    }),
    every: Flags.string({
      default: '1s',
      description: 'Guest time or instructions between snapshots',
      helpValue: '2s|100Mi',
    }),
    for: Flags.string({ description: 'Guest time after which the run ends', helpValue: '<time>' }),
    quiet: Flags.boolean({ char: 'q', description: 'Nothing of the guest and no remarks on stderr' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LiveRun);
    const schedule = {
      ...parseInterval(flags.every),
      ...(flags.for === undefined ? {} : { until: parseTime(flags.for) }),
    };
    const guest = await loadGuestFile(args.guest);
    const live = await LiveGuest.boot(guest, (byte) => {
      if (!flags.quiet) process.stderr.write(Uint8Array.of(byte));
    });
    const taken: SnapshotInfo[] = [];
    await withStore(
      flags.store,
      (store) => {
        const recording = recordSeries(live, store, flags.name ?? guest.name, schedule);
        let step = recording.next();
        for (; step.done !== true; step = recording.next()) {
          const { snapshot, pause } = step.value;
          taken.push(snapshot);
          if (!flags.quiet)
            this.logToStderr(`memlapse: snapshot ${snapshot.series}@${snapshot.number}, ${pause.toFixed(0)} ms`);
        }
        if (!flags.quiet) this.logToStderr(`memlapse: the run ended: ${step.value.kind}`);
      },
      { create: true },
    );
    await printRows('snapshots', LIST_COLUMNS, taken.map(listRow), flags.json);
  }
}
