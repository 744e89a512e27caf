/** `pstree`: the processes under their parents. The same processes in list order are `pslist`'s. */
import { column } from '../../core/columns.js';
import { processForest } from '../../objects/linux/process-forest.js';
import { taskFacts } from '../../objects/linux/task-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'pstree',
  scope: 'linux',
  common: true,
  summary: 'Show the processes as a tree of parents and children',
  description:
    'Processes of the task list, each after its parent, siblings by process id. With --pid only the named processes and ' +
    'what descends from them.',
  aliases: ['linux.pstree.PsTree'],
  examples: ['pstree -f memory.raw', 'pstree -f memory.raw --pid 122'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    depth: column.integer('How many ancestors it has among the processes shown'),
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the parent'),
    name: column.text('Name of the main thread (comm)'),
    threads: column.integer('Threads in the group'),
    uid: column.integer('Effective user id'),
    createTime: column.time('Start of the process'),
    offset: column.address('Address of the task_struct', { quiet: true }),
  },
  tree: { id: 'pid', parent: 'ppid' },
  *rows(kernel, options) {
    // Depth in the whole tree of the topmost selected ancestor, by which what is below it is moved to the left.
    let top: number | undefined;
    for (const { task, depth } of processForest(kernel)) {
      if (top !== undefined && depth <= top) top = undefined;
      const facts = taskFacts(kernel, task);
      if (top === undefined && selected(options.pid, facts.pid)) top = depth;
      if (top !== undefined) yield { ...facts, depth: depth - (isFiltered(options.pid) ? top : 0) };
    }
  },
});

function isFiltered(pids: readonly number[] | undefined): boolean {
  return pids !== undefined && pids.length > 0;
}
