/** `getsids`: whom each process acts for: the user and the groups of its token. */
import { column } from '../../core/columns.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { processToken, tokenSids } from '../../objects/windows/token.js';
import { sidName } from '../../objects/windows/well-known-sids.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'getsids',
  scope: 'windows',
  summary: 'List the user and the groups that each process acts for',
  description: 'Security identifiers in the primary token of each process, the user first, with well-known ones named.',
  aliases: ['windows.getsids.GetSIDs'],
  examples: ['windows getsids -f memory.raw --pid 628'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    sid: column.text('Security identifier'),
    name: column.text('What it stands for on every machine'),
    attributes: column.mask('Attributes of the group (SE_GROUP_…)'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const token = processToken(kernel, process);
      if (token === undefined) continue;
      for (const { sid, attributes } of tokenSids(token)) {
        const name = sid === undefined ? undefined : sidName(sid);
        yield { pid, process: processName(process), sid, name, attributes };
      }
    }
  },
});
