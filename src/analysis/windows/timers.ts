/** `timers`: the kernel's running timers and the routines that they will call. */
import { column } from '../../core/columns.js';
import { codeAt } from '../../objects/windows/module-ranges.js';
import { runningTimers, timerRoutine } from '../../objects/windows/timers.js';
import { definePlugin } from '../plugin.js';

/** Milliseconds and 100-nanosecond steps to nanoseconds. */
const MILLISECOND = 1_000_000n;
const STEP = 100n;

export default definePlugin({
  name: 'timers',
  scope: 'windows',
  summary: 'List the running timers of the kernel with their routines',
  description:
    'Timers in the tables of the clock interrupt. Those without a routine wake threads that wait. A routine in no module ' +
    'is marked. In 5.x the table is found by the timers of waiting threads.',
  aliases: ['windows.timers.Timers'],
  examples: ['windows timers -f memory.raw --filter suspicious=true'],
  columns: {
    due: column.duration('When it expires, since the machine started'),
    period: column.duration('How often it expires again'),
    signaled: column.boolean('It has expired already'),
    routine: column.address('Routine that is called (DPC)'),
    module: column.text('Kernel module that it lies in'),
    symbol: column.text('Name of the routine, where its symbol is known'),
    suspicious: column.boolean('It lies in no module'),
    offset: column.address('Address of the _KTIMER'),
  },
  *rows(kernel) {
    for (const timer of runningTimers(kernel)) {
      const due = timer.big('DueTime.QuadPart');
      const period = timer.num('Period');
      const dpc = timerRoutine(kernel, timer);
      const routine = dpc === undefined ? undefined : kernel.struct('_KDPC', dpc).ptr('DeferredRoutine');
      const place = routine === undefined ? undefined : codeAt(kernel, routine);
      yield {
        due: due === undefined ? undefined : due * STEP,
        period: period === undefined || period === 0 ? undefined : BigInt(period) * MILLISECOND,
        signaled: timer.num('Header.SignalState') !== 0,
        routine,
        ...place,
        suspicious: place !== undefined && place.module === undefined,
        offset: timer.address,
      };
    }
  },
});
