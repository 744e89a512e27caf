/** `sessions`: which processes belong to which session. */
import { column } from '../../core/columns.js';
import { processFacts } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { processToken, tokenSids } from '../../objects/windows/token.js';
import { sidName } from '../../objects/windows/well-known-sids.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'sessions',
  scope: 'windows',
  summary: 'List the processes of each session',
  description:
    'Processes that are in a session, with the user that they act for. System and the session manager are in none.',
  aliases: ['windows.sessions.Sessions'],
  examples: ['windows sessions -f memory.raw'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    session: column.integer('Session'),
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    user: column.text('User that it acts for'),
    createTime: column.time('Start of the process'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const { pid, name, session, createTime } = processFacts(process);
      if (session === undefined || !selected(options.pid, pid)) continue;
      const token = processToken(kernel, process);
      const [user] = token === undefined ? [] : tokenSids(token);
      const sid = user?.sid;
      yield { session, pid, process: name, user: sid === undefined ? undefined : (sidName(sid) ?? sid), createTime };
    }
  },
});
