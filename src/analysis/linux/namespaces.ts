/** `namespaces`: the namespaces of each process, and its ids inside of nested ones. Grouped by namespace: `lsns`. */
import { column } from '../../core/columns.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { type NamespaceKind, namespaceNumber, namespaceOf } from '../../objects/linux/namespaces.js';
import { namespacedIds, pidOf } from '../../objects/linux/pid-map.js';
import { processes } from '../../objects/linux/tasks.js';
import type { StructView } from '../../objects/struct-view.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'namespaces',
  scope: 'linux',
  summary: 'List the namespaces of each process',
  description:
    'Numbers as in the links of /proc/PID/ns. Empty for exited processes and kinds this kernel does not have.',
  examples: ['linux namespaces -f memory.raw --pid 1,144'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    innerPids: column.list('Its process id in each pid namespace, the root one first'),
    cgroup: column.integer('Control group namespace'),
    ipc: column.integer('IPC namespace'),
    mnt: column.integer('Mount namespace'),
    net: column.integer('Network namespace'),
    pidNs: column.integer('Pid namespace'),
    pidForChildren: column.integer('Pid namespace of its children', { quiet: true }),
    time: column.integer('Time namespace'),
    timeForChildren: column.integer('Time namespace of its children', { quiet: true }),
    user: column.integer('User namespace'),
    uts: column.integer('Host name namespace'),
    hostname: column.text('Host name it sees'),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const number = (kind: NamespaceKind) => numberOf(kernel, task, kind);
      const own = pidOf(task);
      yield {
        pid,
        process: task.text('comm'),
        innerPids: own && namespacedIds(kernel, own).map(({ id }) => String(id)),
        cgroup: number('cgroup'),
        ipc: number('ipc'),
        mnt: number('mnt'),
        net: number('net'),
        pidNs: number('pid'),
        pidForChildren: number('pidForChildren'),
        time: number('time'),
        timeForChildren: number('timeForChildren'),
        user: number('user'),
        uts: number('uts'),
        hostname: namespaceOf(kernel, task, 'uts')?.text('name.nodename'),
      };
    }
  },
});

function numberOf(kernel: LinuxKernel, task: StructView, kind: NamespaceKind): number | undefined {
  const namespace = namespaceOf(kernel, task, kind);
  return namespace && namespaceNumber(namespace);
}
