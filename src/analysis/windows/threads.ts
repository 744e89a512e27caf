/** `threads` of NT: every thread of every process on the list. */
import { column } from '../../core/columns.js';
import { type DumpedKernel, dumpedKernel } from '../../objects/windows/dumped-kernel.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes, threadsOf } from '../../objects/windows/processes.js';
import { threadFacts } from '../../objects/windows/thread-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'threads',
  scope: 'windows',
  common: true,
  summary: 'List the threads of each process',
  description:
    'Threads linked from each process on the list, in the order of their creation. In 5.x (XP, 2003, ReactOS) the start ' +
    'addresses of a thread give way to message numbers once it has answered local procedure calls.',
  aliases: ['windows.threads.Threads'],
  examples: ['threads -f memory.raw --pid 4'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    tid: column.integer('Thread id'),
    process: column.text('Name of the process'),
    state: column.text('State of the scheduler'),
    createTime: column.time('Start of the thread'),
    exitTime: column.time('End of the thread'),
    waitReason: column.text('Why it waits'),
    startAddress: column.address('Where the kernel started it'),
    win32StartAddress: column.address('Where the program started it'),
    priority: column.integer('Priority it runs at', { quiet: true }),
    kernelTicks: column.integer('Clock interrupts that met it in the kernel', { quiet: true }),
    userTicks: column.integer('Clock interrupts that met it in the program', { quiet: true }),
    teb: column.address('Address of its environment block', { quiet: true }),
    offset: column.address('Address of the _ETHREAD'),
  },
  timeline: {
    events: { createTime: 'thread created', exitTime: 'thread ended' },
    describe: (row) => `${row.process} (tid ${row.tid})`,
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const name = processName(process);
      for (const thread of threadsOf(kernel, process)) yield { pid, process: name, ...threadFacts(thread) };
    }
  },
  fromDump(dump, options) {
    const kernel = dumpedKernel(dump);
    return kernel && { rows: dumpedThread(kernel, options.pid), faults: kernel.faults };
  },
});

/** The one that ran when the machine stopped. */
function* dumpedThread({ process, thread }: DumpedKernel, pids: readonly number[] | undefined) {
  const pid = processId(process);
  if (selected(pids, pid)) yield { pid, process: processName(process), ...threadFacts(thread) };
}
