/** `envars`: the environment that each process was started with, one variable a row. */
import { column } from '../../core/columns.js';
import { environmentStrings } from '../../objects/linux/arguments.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'envars',
  scope: 'linux',
  common: true,
  summary: 'List the environment variables of each process',
  description:
    'The strings that exec laid out for the process, as they stand now. Variables that the program set later live on ' +
    'its heap and are not among them.',
  aliases: ['linux.envars.Envars'],
  examples: ['envars -f memory.raw --filter name=LD_PRELOAD'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    name: column.text('Name of the variable; the whole string where it has no ='),
    value: column.text('Its value'),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const memory = userMemory(kernel, task);
      if (memory === undefined) continue;
      const process = task.text('comm');
      for (const text of environmentStrings(kernel, memory) ?? []) {
        const equals = text.indexOf('=', 1);
        if (equals < 0) yield { pid, process, name: text };
        else yield { pid, process, name: text.slice(0, equals), value: text.slice(equals + 1) };
      }
    }
  },
});
