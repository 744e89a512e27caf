/** `psscan`: tasks found without trusting the task list. Which list knows which task is `psxview`'s subject. */
import { column } from '../../core/columns.js';
import { taskFacts } from '../../objects/linux/task-facts.js';
import { findTasks } from '../../objects/linux/task-scan.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'psscan',
  scope: 'linux',
  common: true,
  summary: 'Find tasks in memory, exited and unlinked ones too',
  description:
    'Every task structure, threads and idle tasks included, found on the task list, in the slab pages that tasks are ' +
    'allocated from, or by its pattern anywhere in physical memory. "slab" without "task list" is a task that is in use ' +
    'and on no list: hidden, or just being made. "freed slab" is one that has exited; only "pattern": it also lost its page.',
  aliases: ['linux.psscan.PsScan'],
  examples: ['psscan -f memory.raw', 'psscan -f memory.raw --filter found=pattern'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id (thread group id)'),
    tid: column.integer('Thread id'),
    ppid: column.integer('Process id of the parent; absent when the parent is gone'),
    name: column.text('Name of the thread (comm)'),
    state: column.text('Scheduler state, as ps shows it; X: dead'),
    createTime: column.time('Start of the task'),
    exitCode: column.integer('Exit code as wait returns it; absent while it runs', { quiet: true }),
    found: column.list('How it was found'),
    offset: column.address('Address of the task_struct'),
  },
  timeline: { events: { createTime: 'task created' }, describe: (row) => `${row.name} (pid ${row.pid})` },
  *rows(kernel, options, io) {
    const { end } = kernel.memory;
    const found = findTasks(kernel, (done) => io.progress(done, end, 'looking for tasks'));
    const known = new Set(found.map(({ task }) => task.address));
    for (const { task, sources } of found) {
      const { pid, name, state, createTime, offset } = taskFacts(kernel, task);
      if (!selected(options.pid, pid)) continue;
      const parent = task.follow('real_parent');
      yield {
        pid,
        tid: task.num('pid'),
        ppid: parent !== undefined && known.has(parent.address) ? parent.num('tgid') : undefined,
        name,
        state,
        createTime,
        exitCode: task.num('exit_state') === 0 ? undefined : task.num('exit_code'),
        found: [...sources],
        offset,
      };
    }
  },
});
