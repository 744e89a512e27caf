/** `envars` of NT: the environment of each process, one variable a row. */
import { column } from '../../core/columns.js';
import {
  environmentStrings,
  processEnvironment,
  processParameters,
} from '../../objects/windows/process-environment.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'envars',
  scope: 'windows',
  common: true,
  summary: 'List the environment variables of each process',
  description:
    'The variables as they stand in the memory of the process: what it was started with and what it set since. Names ' +
    "that begin with = are the shell's notes of the folder on each drive.",
  aliases: ['windows.envars.Envars'],
  examples: ['envars -f memory.raw --filter name=Path'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    name: column.text('Name of the variable; the whole string where it has no ='),
    value: column.text('Its value'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const environment = processEnvironment(kernel, process);
      const address = environment && processParameters(environment)?.environment;
      if (environment === undefined || address === undefined || address === 0n) continue;
      const of = processName(process);
      for (const text of environmentStrings(environment, address)) {
        const equals = text.indexOf('=', 1);
        if (equals < 0) yield { pid, process: of, name: text };
        else yield { pid, process: of, name: text.slice(0, equals), value: text.slice(equals + 1) };
      }
    }
  },
});
