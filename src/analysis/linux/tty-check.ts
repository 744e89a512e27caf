/** `tty-check`: the line disciplines and operations of terminals, which keyloggers replace. */
import { column } from '../../core/columns.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { listEntries } from '../../objects/linux/lists.js';
import { processes } from '../../objects/linux/tasks.js';
import type { StructView } from '../../objects/struct-view.js';
import { definePlugin } from '../plugin.js';

/** Largest number of lines that a driver has (Unix98 ptys: 2^20 minors). */
const MAX_LINES = 1 << 20;

export default definePlugin({
  name: 'tty-check',
  scope: 'linux',
  summary: 'Check the terminals for hooked receive functions',
  description: 'One row for each open terminal: where its line discipline takes typed characters to.',
  aliases: ['linux.tty_check.tty_check'],
  examples: ['linux tty-check -f memory.raw'],
  columns: {
    name: column.text('Name of the terminal'),
    driver: column.text('Driver'),
    discipline: column.text('Line discipline'),
    handler: column.address('Function that receives characters'),
    symbol: column.text('What is there'),
    module: column.text('Module that it lies in'),
    suspicious: column.boolean('Leads out of the kernel'),
  },
  diff: { kind: 'terminal', group: 'hooks', identity: ['name', 'driver'], describe: (row) => String(row.name) },
  *rows(kernel) {
    for (const tty of terminals(kernel)) {
      const operations = tty.follow('ldisc')?.follow('ops');
      const handler = operations?.ptr('receive_buf') ?? 0n;
      const second = operations?.has('receive_buf2') === true ? (operations.ptr('receive_buf2') ?? 0n) : 0n;
      yield {
        name: tty.text('name'),
        driver: tty.follow('driver')?.textAt('driver_name', 64),
        discipline: operations?.textAt('name', 64),
        ...pointerFacts(kernel, handler === 0n ? second : handler),
      };
    }
  },
});

/** Open terminals: those in the tables of their drivers, and controlling ones of processes (ptys are in no table). */
function* terminals(kernel: LinuxKernel): Generator<StructView> {
  const seen = new Set<bigint>([0n]);
  const fresh = (address: bigint) => !seen.has(address) && seen.add(address) && true;
  const head = kernel.requireAddress('tty_drivers');
  for (const driver of listEntries(kernel, head, 'tty_driver', 'tty_drivers')) {
    const lines = driver.num('num') ?? 0;
    const array = driver.ptr('ttys');
    if (array === undefined || array === 0n || lines > MAX_LINES) continue;
    for (const address of kernel.pointerArray(array, lines))
      if (fresh(address)) yield kernel.struct('tty_struct', address);
  }
  for (const task of processes(kernel)) {
    const tty = task.follow('signal')?.follow('tty');
    if (tty === undefined) continue;
    if (fresh(tty.address)) yield tty;
    // The other end of a pty.
    const link = tty.follow('link');
    if (link !== undefined && fresh(link.address)) yield link;
  }
}
