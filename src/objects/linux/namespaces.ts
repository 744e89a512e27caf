/**
 * The namespaces of a task, one of each kind, as the links in /proc/PID/ns name them.
 *
 * Source: include/linux/nsproxy.h, fs/proc/namespaces.c, 4.14 to 6.12. A kind that the kernel does not have is left out.
 */
import type { StructView } from '../struct-view.js';
import { taskCredentials } from './credentials.js';
import type { LinuxKernel } from './kernel.js';
import { namespacedIds, pidOf } from './pid-map.js';

/** Where each kind is reached from the task. The order is that of /proc/PID/ns. */
const KINDS = {
  cgroup: (_kernel, task) => member(task, 'cgroup_ns'),
  ipc: (_kernel, task) => member(task, 'ipc_ns'),
  mnt: (_kernel, task) => member(task, 'mnt_ns'),
  net: (_kernel, task) => member(task, 'net_ns'),
  pid: (kernel, task) => activePidNamespace(kernel, task),
  pidForChildren: (_kernel, task) => member(task, 'pid_ns_for_children'),
  time: (_kernel, task) => member(task, 'time_ns'),
  timeForChildren: (_kernel, task) => member(task, 'time_ns_for_children'),
  user: (_kernel, task) => taskCredentials(task)?.follow('user_ns'),
  uts: (_kernel, task) => member(task, 'uts_ns'),
} as const satisfies Record<string, (kernel: LinuxKernel, task: StructView) => StructView | undefined>;

export type NamespaceKind = keyof typeof KINDS;

export const NAMESPACE_KINDS = Object.keys(KINDS) as NamespaceKind[];

/** The namespace of one kind; undefined for exited tasks and kinds that the kernel does not have. */
export function namespaceOf(kernel: LinuxKernel, task: StructView, kind: NamespaceKind): StructView | undefined {
  return KINDS[kind](kernel, task);
}

/** The number that identifies a namespace: the inode number of its file. */
export function namespaceNumber(namespace: StructView): number | undefined {
  return namespace.num('ns.inum');
}

function member(task: StructView, name: string): StructView | undefined {
  const proxy = task.follow('nsproxy');
  return proxy?.has(name) === true ? proxy.follow(name) : undefined;
}

/** A task's own pid namespace is the innermost one in which it has a number. */
function activePidNamespace(kernel: LinuxKernel, task: StructView): StructView | undefined {
  const pid = pidOf(task);
  return pid && namespacedIds(kernel, pid).at(-1)?.namespace;
}
