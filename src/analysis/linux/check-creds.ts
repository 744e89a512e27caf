/** `check-creds`: processes that share one set of credentials, which the kernel never lets them do. */
import { column } from '../../core/columns.js';
import { processes } from '../../objects/linux/tasks.js';
import type { StructView } from '../../objects/struct-view.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'check-creds',
  scope: 'linux',
  summary: 'Find processes that share their credentials',
  description:
    'fork gives every process credentials of its own (only threads of one process share them). Two processes with the ' +
    'same ones mean that somebody copied the pointer of a privileged process into another. No rows: nothing found. ' +
    'Credentials made for kernel services and the initial ones (init_cred) are left to kernel threads.',
  aliases: ['linux.check_creds.Check_creds'],
  examples: ['linux check-creds -f memory.raw'],
  columns: {
    credentials: column.address('Address of the shared cred'),
    pids: column.list('Process ids that have it'),
    processes: column.list('Their names'),
    euid: column.integer('Effective user id it gives'),
  },
  *rows(kernel) {
    const users = new Map<bigint, StructView[]>();
    for (const task of processes(kernel)) {
      for (const address of new Set([task.ptr('cred'), task.ptr('real_cred')])) {
        if (address === undefined || address === 0n) continue;
        users.set(address, [...(users.get(address) ?? []), task]);
      }
    }
    for (const [address, tasks] of users) {
      // Kernel threads may borrow each other's; what they share among themselves gives nobody a right.
      if (tasks.length < 2 || tasks.every((task) => task.ptr('mm') === 0n)) continue;
      yield {
        credentials: address,
        pids: tasks.map((task) => String(task.num('tgid') ?? '?')),
        processes: tasks.map((task) => task.text('comm') ?? '?'),
        euid: kernel.struct('cred', address).num('euid.val'),
      };
    }
  },
});
