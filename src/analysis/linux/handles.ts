/** `handles`: every open file of every process. Mapped files that are no longer open are `maps`'s. */
import { column } from '../../core/columns.js';
import { handleFacts } from '../../objects/linux/handle-facts.js';
import { handlePeers } from '../../objects/linux/handle-peers.js';
import { openFiles } from '../../objects/linux/open-files.js';
import { processes } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'handles',
  scope: 'linux',
  common: true,
  summary: 'List the open files of processes',
  description:
    'Every descriptor of every process on the task list, with the name readlink gives for it. Anonymous inodes are told ' +
    'apart by kind (eventfd, eventpoll, timerfd, inotify, …), sockets and pipes are followed to who is at the other end. ' +
    'Threads with a descriptor table of their own are listed under their own name.',
  aliases: ['linux.lsof.Lsof', 'lsof'],
  examples: ['handles -f memory.raw --pid 1', 'handles -f memory.raw --filter type=socket'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process (comm)'),
    handle: column.integer('Descriptor'),
    type: column.text('file, directory, char device, pipe, socket, memfd, eventfd, …'),
    access: column.text('r, w or rw'),
    name: column.text('Path or made-up name, as readlink of /proc/PID/fd/N shows it'),
    details: column.text('Ends of a socket, state of an event file, number of a device'),
    peers: column.list('pid/fd at the other end of a pipe or socket'),
    deleted: column.boolean('No name leads to the file any more', { quiet: true }),
    flags: column.list('Flags it was opened with', { quiet: true }),
    closeOnExec: column.boolean('Closed when the process executes another program', { quiet: true }),
    position: column.size('Offset of the next read or write', { quiet: true }),
    size: column.size('Size of the file', { quiet: true }),
    mode: column.text('Kind and permissions of the inode', { quiet: true }),
    inode: column.integer('Inode number', { quiet: true }),
    device: column.text('major:minor of the file system', { quiet: true }),
    mountId: column.integer('Id of the mount', { quiet: true }),
    tid: column.integer('Thread whose table it is', { quiet: true }),
    offset: column.address('Address of the struct file', { quiet: true }),
  },
  diff: {
    kind: 'handle',
    owner: 'pid',
    identity: ['handle', 'offset'],
    ignore: ['position', 'size', 'process'],
    describe: (row) => `${row.process} (pid ${row.pid}) fd ${row.handle} ${row.name}`,
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      if (!selected(options.pid, task.num('tgid'))) continue;
      for (const open of openFiles(kernel, task)) {
        const facts = handleFacts(kernel, open.file);
        yield {
          pid: open.pid,
          process: open.process,
          handle: open.fd,
          ...facts,
          peers: handlePeers(kernel, open, facts),
          closeOnExec: open.closeOnExec,
          tid: open.tid,
          offset: open.file.address,
        };
      }
    }
  },
});
