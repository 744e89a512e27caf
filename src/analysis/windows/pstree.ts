/** `pstree` of NT: the processes under their parents. The same processes in list order are `pslist`'s. */
import { column } from '../../core/columns.js';
import { processFacts } from '../../objects/windows/process-facts.js';
import { processForest } from '../../objects/windows/process-forest.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'pstree',
  scope: 'windows',
  common: true,
  summary: 'Show the processes as a tree of parents and children',
  description:
    'Processes of the kernel list, each after its creator, siblings by process id. A creator that started later than ' +
    'its child has only got its process id. With --pid only the named processes and what descends from them.',
  aliases: ['windows.pstree.PsTree'],
  examples: ['pstree -f memory.raw', 'pstree -f memory.raw --pid 148'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    depth: column.integer('How many ancestors it has among the processes shown'),
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the creator'),
    name: column.text('Name of the executable file, cut to 15 characters by the kernel'),
    threads: column.integer('Threads that have not ended'),
    session: column.integer('Session'),
    createTime: column.time('Start of the process'),
    offset: column.address('Address of the _EPROCESS', { quiet: true }),
  },
  tree: { id: 'pid', parent: 'ppid' },
  *rows(kernel, options) {
    const isFiltered = options.pid !== undefined && options.pid.length > 0;
    // Depth in the whole tree of the topmost selected ancestor, by which what is below it is moved to the left.
    let top: number | undefined;
    for (const { process, depth } of processForest(kernel)) {
      if (top !== undefined && depth <= top) top = undefined;
      const facts = processFacts(process);
      if (top === undefined && selected(options.pid, facts.pid)) top = depth;
      if (top !== undefined) yield { ...facts, depth: depth - (isFiltered ? top : 0) };
    }
  },
});
