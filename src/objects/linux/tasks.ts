/** Walks over tasks: processes and their threads as the kernel links them. Nothing about hidden ones. */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';

/** Thread group leaders from `init_task.tasks`, the idle task left out, in list order. */
export function* processes(kernel: LinuxKernel): Generator<StructView> {
  const idle = kernel.global('init_task', 'task_struct');
  yield* listEntries(kernel, idle.addressOf('tasks'), 'task_struct', 'tasks');
}

/** All threads of a process, the leader first. */
export function* threadsOf(kernel: LinuxKernel, leader: StructView): Generator<StructView> {
  // Since 6.7 `thread_group` is gone; `signal->thread_head` has linked all threads since 3.14.
  const signal = leader.follow('signal');
  if (signal === undefined) {
    yield leader;
    return;
  }
  yield* listEntries(kernel, signal.addressOf('thread_head'), 'task_struct', 'thread_node');
}
