/** `creds`: user and group ids of each process. Its capabilities are `capabilities`'s subject. */
import { column } from '../../core/columns.js';
import { groupIds, supplementaryGroups, taskCredentials, userIds } from '../../objects/linux/credentials.js';
import { processes } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'creds',
  scope: 'linux',
  summary: 'List the user and group ids of each process',
  description:
    'The ids of /proc/PID/status, in the root user namespace. "overridden" marks a task that acts under other ' +
    'credentials than its own, as the kernel does for a moment inside some system calls.',
  examples: ['linux creds -f memory.raw', 'linux creds -f memory.raw --filter euid=0'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    uid: column.integer('Real user id'),
    euid: column.integer('Effective user id'),
    suid: column.integer('Saved user id'),
    fsuid: column.integer('File system user id'),
    gid: column.integer('Real group id'),
    egid: column.integer('Effective group id'),
    sgid: column.integer('Saved group id'),
    fsgid: column.integer('File system group id'),
    groups: column.list('Supplementary group ids'),
    loginUid: column.integer('User id at login; absent when there was none'),
    overridden: column.boolean('Acts under other credentials for now', { quiet: true }),
    credentials: column.address('Address of the cred', { quiet: true }),
  },
  diff: {
    kind: 'credentials',
    owner: 'pid',
    implied: true,
    identity: [],
    ignore: ['process', 'credentials'],
    describe: (row) => `${row.process} (pid ${row.pid})`,
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const credentials = taskCredentials(task);
      const user = credentials && userIds(credentials);
      const group = credentials && groupIds(credentials);
      const login = task.has('loginuid') ? task.num('loginuid.val') : undefined;
      yield {
        pid,
        process: task.text('comm'),
        uid: user?.real,
        euid: user?.effective,
        suid: user?.saved,
        fsuid: user?.fileSystem,
        gid: group?.real,
        egid: group?.effective,
        sgid: group?.saved,
        fsgid: group?.fileSystem,
        groups: credentials && supplementaryGroups(credentials)?.map(String),
        loginUid: login === INVALID_UID ? undefined : login,
        overridden: task.ptr('cred') !== credentials?.address,
        credentials: credentials?.address,
      };
    }
  },
});

/** (uid_t) -1: never logged in. */
const INVALID_UID = 0xffff_ffff;
