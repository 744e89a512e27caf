/** `privileges`: what the token of each process allows it. */
import { column } from '../../core/columns.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { processToken, tokenPrivileges } from '../../objects/windows/token.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'privileges',
  scope: 'windows',
  summary: 'List the privileges of each process',
  description: 'The privileges that are in the primary token of each process, whether switched on or not.',
  aliases: ['windows.privileges.Privs'],
  examples: ['windows privileges -f memory.raw --filter name=SeDebugPrivilege'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    value: column.integer('Number of the privilege'),
    name: column.text('Name of the privilege'),
    enabled: column.boolean('Switched on'),
    enabledByDefault: column.boolean('Switched on when the token was made'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const token = processToken(kernel, process);
      if (token === undefined) continue;
      for (const privilege of tokenPrivileges(token)) yield { pid, process: processName(process), ...privilege };
    }
  },
});
