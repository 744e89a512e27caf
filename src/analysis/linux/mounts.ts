/** `mounts`: what is mounted where, in every mount namespace. File systems nobody mounted are `filesystems`'s. */
import { column } from '../../core/columns.js';
import { mountFacts, mountNamespaces, namespaceMounts, processRoot } from '../../objects/linux/mounts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'mounts',
  scope: 'linux',
  summary: 'List mounts of all mount namespaces',
  description:
    'The mounts of each namespace once, with the facts of /proc/PID/mountinfo. Mount points are relative to the root ' +
    'directory of the process that stands in the row (the first one in the namespace, or the first one given by --pid); ' +
    'mounts out of its reach are listed with `reachable` false and the path from the root of the namespace.',
  aliases: ['linux.mountinfo.MountInfo'],
  examples: ['linux mounts -f memory.raw', 'linux mounts -f memory.raw --pid 144'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    id: column.integer('Mount id'),
    parentId: column.integer('Id of the mount that it is mounted on'),
    device: column.text('major:minor of the file system'),
    root: column.text('Directory of the file system that is mounted'),
    mountPoint: column.text('Where it is mounted'),
    options: column.list('Options of the mount'),
    propagation: column.list('shared:N, master:N, unbindable'),
    fsType: column.text('Type of the file system'),
    source: column.text('Device or name given to mount'),
    superOptions: column.list('Options of the file system'),
    namespace: column.integer('Inode number of the mount namespace'),
    pid: column.integer('A process in the namespace'),
    processes: column.integer('Number of processes in the namespace', { quiet: true }),
    reachable: column.boolean("Within that process's root directory", { quiet: true }),
    offset: column.address('Address of the struct mount', { quiet: true }),
  },
  diff: {
    kind: 'mount',
    identity: ['offset', 'id'],
    ignore: ['pid', 'processes', 'reachable'],
    describe: (row) => `${row.source} on ${row.mountPoint}`,
  },
  *rows(kernel, options) {
    for (const { namespace, members } of mountNamespaces(kernel)) {
      const member = members.find((task) => selected(options.pid, task.num('tgid')));
      if (member === undefined && options.pid !== undefined && options.pid.length > 0) continue;
      const root = member && processRoot(member);
      const common = { namespace: namespace.num('ns.inum'), pid: member?.num('tgid'), processes: members.length };
      for (const mount of namespaceMounts(kernel, namespace)) {
        yield { ...mountFacts(kernel, mount, root), ...common, offset: mount.address };
      }
    }
  },
});
