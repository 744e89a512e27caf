/** `pslist`: the processes on the kernel's task list. Exited and unlinked ones are `psscan`'s, comparing is `psxview`'s. */
import { column } from '../../core/columns.js';
import { groupId } from '../../objects/linux/pid-map.js';
import { taskFacts } from '../../objects/linux/task-facts.js';
import { executablePath } from '../../objects/linux/task-paths.js';
import { processes } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'pslist',
  scope: 'linux',
  common: true,
  summary: 'List the processes on the task list',
  description: 'Thread group leaders on the kernel task list, in its order, the idle task left out.',
  aliases: ['linux.pslist.PsList'],
  examples: ['pslist -f memory.raw', 'pslist -f memory.lime --pid 1,200-300 --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id (thread group id)'),
    ppid: column.integer('Process id of the parent'),
    name: column.text('Name of the main thread (comm)'),
    state: column.text('Scheduler state, as ps shows it'),
    threads: column.integer('Threads in the group'),
    uid: column.integer('Effective user id'),
    gid: column.integer('Effective group id'),
    createTime: column.time('Start of the process'),
    kernelThread: column.boolean('A thread of the kernel', { quiet: true }),
    group: column.integer('Process group', { quiet: true }),
    session: column.integer('Session', { quiet: true }),
    sinceBoot: column.duration('Start of the process, counted from boot', { quiet: true }),
    exe: column.text('Executable file', { quiet: true }),
    offset: column.address('Address of the task_struct'),
  },
  tree: { id: 'pid', parent: 'ppid' },
  timeline: { events: { createTime: 'process created' }, describe: (row) => `${row.name} (pid ${row.pid})` },
  diff: {
    kind: 'process',
    identity: ['offset', 'sinceBoot'],
    began: 'createTime',
    ignore: ['createTime', 'state'],
    describe: (row) => `${row.name} (pid ${row.pid})`,
  },
  *rows(kernel, options, io) {
    for (const task of processes(kernel)) {
      const facts = taskFacts(kernel, task);
      if (!selected(options.pid, facts.pid)) continue;
      yield {
        ...facts,
        group: groupId(kernel, task, 'group'),
        session: groupId(kernel, task, 'session'),
        exe: io.shows('exe') ? executablePath(kernel, task) : undefined,
      };
    }
  },
});
