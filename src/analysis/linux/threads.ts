/** `threads`: every thread of every process on the task list. */
import { column } from '../../core/columns.js';
import { processes, threadsOf } from '../../objects/linux/tasks.js';
import { threadFacts } from '../../objects/linux/thread-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'threads',
  scope: 'linux',
  common: true,
  summary: 'List the threads of each process',
  description: 'All threads of the processes on the task list, kernel threads included, the main thread of each first.',
  examples: ['threads -f memory.raw --pid 127'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id (thread group id)'),
    tid: column.integer('Thread id'),
    process: column.text('Name of the main thread'),
    name: column.text('Name of the thread (comm)'),
    state: column.text('Scheduler state, as ps shows it'),
    createTime: column.time('Start of the thread'),
    cpuTime: column.duration('Time it has run'),
    cpu: column.integer('Processor it ran on last'),
    priority: column.integer('Priority as ps shows it: 20 + nice, or negative for real-time', { quiet: true }),
    nice: column.integer('Nice value', { quiet: true }),
    policy: column.text('Scheduling policy', { quiet: true }),
    sinceBoot: column.duration('Start of the thread, counted from boot', { quiet: true }),
    flags: column.mask('Task flags (PF_…)', { quiet: true }),
    offset: column.address('Address of the task_struct'),
  },
  timeline: { events: { createTime: 'thread created' }, describe: (row) => `${row.name} (tid ${row.tid})` },
  diff: {
    kind: 'thread',
    identity: ['offset', 'sinceBoot'],
    began: 'createTime',
    ignore: ['createTime', 'state', 'process', 'cpuTime', 'cpu', 'flags', 'priority'],
    describe: (row) => `${row.name} (pid ${row.pid}, tid ${row.tid})`,
  },
  *rows(kernel, options) {
    for (const leader of processes(kernel)) {
      const pid = leader.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const process = leader.text('comm');
      for (const thread of threadsOf(kernel, leader)) {
        const facts = threadFacts(kernel, thread);
        yield { ...facts, pid, process };
      }
    }
  },
});
