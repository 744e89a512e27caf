/** Tasks that the scheduler knows of: those that run and those that wait for a processor. Sleeping ones are nowhere here. */
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';
import { perCpuAddresses } from './per-cpu.js';

/**
 * Addresses of the running tasks and of the waiting ones of the fair class, of all processors; undefined where the run
 * queues cannot be found. Real-time and deadline tasks are only seen when they run.
 */
export function scheduledTasks(kernel: LinuxKernel): Set<bigint> | undefined {
  const queues = kernel.address('runqueues');
  if (queues === undefined || kernel.field('rq', 'curr') === undefined) return undefined;
  const tasks = new Set<bigint>();
  for (const address of perCpuAddresses(kernel, queues)) {
    const queue = kernel.struct('rq', address);
    for (const which of ['curr', 'idle', 'stop']) {
      const task = queue.ptr(which);
      if (task !== undefined && task !== 0n) tasks.add(task);
    }
    // Kept for load balancing, so on SMP kernels only.
    if (!queue.has('cfs_tasks')) continue;
    const head = queue.addressOf('cfs_tasks');
    for (const task of listEntries(kernel, head, 'task_struct', 'se.group_node')) tasks.add(task.address);
  }
  return tasks;
}
