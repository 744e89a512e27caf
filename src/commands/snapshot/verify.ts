/** `memlapse snapshot verify`: proves that every page is what it was when it was stored. */
import * as Args from '@oclif/core/args';
import { Command } from '@oclif/core/command';
import { printRows } from '../../cli/print-rows.js';
import { SNAPSHOT_FLAGS, withStore } from '../../cli/snapshot-flags.js';
import { DAMAGE_COLUMNS, damageRow } from '../../cli/snapshot-rows.js';
import { UserError } from '../../core/errors.js';
import { selectSnapshots, splitName } from '../../snapshots/select-snapshot.js';
import type { SnapshotStore } from '../../snapshots/store.js';
import { verifyStore } from '../../snapshots/verify-store.js';

export default class SnapshotVerify extends Command {
  static override summary = 'Check that every stored page is undamaged';
  static override description =
    'Every page, page table, state and manifest is checked against its digest. One row for each damaged part, with the snapshot and the physical address; the exit code is then 1.';
  static override examples = ['<%= config.bin %> snapshot verify', '<%= config.bin %> snapshot verify boot --json'];
  static override args = {
    series: Args.string({ description: 'Only this series, or a part of it: boot@3, boot@3..9' }),
  };
  static override flags = SNAPSHOT_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SnapshotVerify);
    await withStore(flags.store, async (store) => {
      const { snapshots, pages, damage } = verifyStore(store, wantedOf(store, args.series));
      if (flags.json || damage.length > 0) {
        await printRows('damage', DAMAGE_COLUMNS, damage.map(damageRow), flags.json);
      }
      const counted = `${snapshots} ${snapshots === 1 ? 'snapshot' : 'snapshots'}, ${pages} pages`;
      if (damage.length > 0) {
        throw new UserError(`${damage.length} parts are damaged (${counted})`, 'remove the snapshots named above');
      }
      this.logToStderr(`memlapse: ${counted}: all whole`);
    });
  }
}

/** Of a whole series also what cannot be listed because its manifest is damaged. @throws UserError when there is none */
function wantedOf(store: SnapshotStore, text: string | undefined) {
  if (text === undefined) return undefined;
  const { series, point } = splitName(text);
  const numbers = new Set(selectSnapshots(store, text).map(({ number }) => number));
  return (name: string, number: number) => name === series && (point === '' || numbers.has(number));
}
