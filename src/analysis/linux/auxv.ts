/** `auxv`: what the kernel told each program when it started it. */
import { column } from '../../core/columns.js';
import { auxiliaryVector } from '../../objects/linux/auxiliary-vector.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { textAt } from '../../objects/struct-view.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'auxv',
  scope: 'linux',
  summary: 'List the auxiliary vector of each process',
  description:
    'One row an entry: where the program and its interpreter were put, who it ran as, and in "execfn" the name that exec ' +
    'was called with, which a process that renames itself keeps.',
  examples: ['linux auxv -f memory.raw --filter name=execfn'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    name: column.text('Entry (AT_…); a number where it has no name'),
    value: column.mask('Its value'),
    text: column.text('The string it points to'),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      const memory = selected(options.pid, pid) ? userMemory(kernel, task) : undefined;
      if (memory === undefined) continue;
      const process = task.text('comm');
      for (const { type, name, value, isText } of auxiliaryVector(memory.mm) ?? []) {
        const text = isText ? textAt(kernel.within(memory.space), value) : undefined;
        yield { pid, process, name: name ?? String(type), value, text };
      }
    }
  },
});
