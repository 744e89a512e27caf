/**
 * The process ids of a pid namespace: what the kernel looks up when it is given a number.
 *
 * An IDR since 4.15 (kernel/pid.c); the hash table before it is not read.
 */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { hlistEntries } from './lists.js';
import { xarrayEntries } from './xarray.js';

/** Indices of `enum pid_type` as they are since 4.19 (include/linux/pid.h): PID, TGID, PGID, SID. */
export const PID_TYPE = { pid: 0, group: 2, session: 3 } as const;

/** The `struct pid` of every number in a `pid_namespace`, ascending. */
export function* namespacePids(kernel: LinuxKernel, namespace: StructView): Generator<StructView> {
  if (!namespace.has('idr')) return;
  for (const { entry } of xarrayEntries(kernel, namespace.addressOf('idr.idr_rt'))) {
    if ((entry & 1n) === 0n) yield kernel.struct('pid', entry);
  }
}

/** The tasks that bear a `struct pid` as their thread id: one, or none while it is only a group or session id. */
export function tasksOfPid(kernel: LinuxKernel, pid: StructView): Generator<StructView> {
  // Arrays with a link for each type; that of PIDTYPE_PID is the first. `pids` until 4.18.
  const links = kernel.field('task_struct', 'pid_links') === undefined ? 'pids' : 'pid_links';
  const head = pid.addressOf('tasks') + BigInt(PID_TYPE.pid * kernel.space.pointerSize);
  return hlistEntries(kernel, head, 'task_struct', links);
}

/** Nesting stops at 32 namespaces (MAX_PID_NS_LEVEL). */
const MAX_LEVEL = 32;

export interface NamespacedId {
  readonly id: number;
  readonly namespace: StructView | undefined;
}

/** The numbers that a `struct pid` has, in the root namespace first and in its own last. */
export function namespacedIds(kernel: LinuxKernel, pid: StructView): NamespacedId[] {
  const level = Math.min(pid.num('level') ?? -1, MAX_LEVEL);
  const start = pid.addressOf('numbers');
  const size = BigInt(kernel.struct('upid', 0n).size);
  const ids: NamespacedId[] = [];
  for (let index = 0; index <= level; index++) {
    const number = kernel.struct('upid', start + BigInt(index) * size);
    const id = number.num('nr');
    if (id !== undefined) ids.push({ id, namespace: number.follow('ns') });
  }
  return ids;
}

/** The `struct pid` of a task; undefined once it has exited. */
export function pidOf(task: StructView): StructView | undefined {
  // Until 4.18 each task had an array of links to its pids; the first is its own.
  if (task.has('thread_pid')) return task.follow('thread_pid');
  return task.at('pids').follow('pid');
}

/** The number of a task's process group or session in the root namespace; undefined once it has exited. */
export function groupId(kernel: LinuxKernel, task: StructView, type: keyof typeof PID_TYPE): number | undefined {
  const signal = task.follow('signal');
  if (signal?.has('pids') !== true) return undefined;
  const address = signal.pointers('pids')?.[PID_TYPE[type]];
  if (address === undefined || address === 0n) return undefined;
  return namespacedIds(kernel, kernel.struct('pid', address))[0]?.id;
}
