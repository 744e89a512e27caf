/** `kthreads`: the kernel's own threads and what they run. */
import { column } from '../../core/columns.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { kernelThread } from '../../objects/linux/kernel-threads.js';
import { placeOf, symbolize } from '../../objects/linux/symbolize.js';
import { isKernelThread } from '../../objects/linux/task-facts.js';
import { taskState } from '../../objects/linux/task-state.js';
import { processes } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'kthreads',
  scope: 'linux',
  summary: 'List kernel threads with the functions they run',
  description:
    'Names are whole, with the queue that a worker serves, as /proc/PID/comm shows them. A function outside of the kernel ' +
    'and of every listed module has no symbol: that is how a hidden module\'s thread looks ("unknown" says so).',
  aliases: ['linux.kthreads.Kthreads'],
  examples: ['linux kthreads -f memory.raw', 'linux kthreads -f memory.raw --filter unknown=true'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    name: column.text('Whole name of the thread'),
    state: column.text('Scheduler state, as ps shows it'),
    function: column.text('Function that the thread was made with'),
    work: column.text('Of a worker: function of the work in hand, or of the last one'),
    unknown: column.boolean('A function that belongs to no known code'),
    functionAddress: column.address('Address of the function', { quiet: true }),
    argument: column.address('Argument of the function', { quiet: true }),
    offset: column.address('Address of the task_struct', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!isKernelThread(task) || !selected(options.pid, pid)) continue;
      const { name, entry, argument, work } = kernelThread(kernel, task);
      const code = [entry, work].filter((address) => address !== undefined);
      yield {
        pid,
        name,
        state: taskState(task),
        function: nameOf(kernel, entry),
        work: nameOf(kernel, work),
        unknown: code.some((address) => placeOf(kernel, address) === undefined),
        functionAddress: entry,
        argument,
        offset: task.address,
      };
    }
  },
});

function nameOf(kernel: LinuxKernel, address: bigint | undefined): string | undefined {
  return address === undefined ? undefined : symbolize(kernel, address);
}
