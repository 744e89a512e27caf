/** The facts about one task that several plugins show: ids, state, credentials, times. */
import type { StructView } from '../struct-view.js';
import { bootTime } from './clock.js';
import type { LinuxKernel } from './kernel.js';
import { taskState } from './task-state.js';

/** PF_KTHREAD and PF_WQ_WORKER (include/linux/sched.h), unchanged since 4.14. */
const KERNEL_THREAD = 0x0020_0000;
const WORKER = 0x20;

/** True for a thread of the kernel; a process that has exited and lost its memory is none. */
export function isKernelThread(task: StructView): boolean {
  return ((task.num('flags') ?? 0) & KERNEL_THREAD) !== 0;
}

/** True for a kernel thread that serves work queues (kworker). */
export function isWorker(task: StructView): boolean {
  return ((task.num('flags') ?? 0) & WORKER) !== 0;
}

/** Number of threads in the task's group; undefined when unreadable. */
export function threadCount(task: StructView): number | undefined {
  return task.follow('signal')?.num('nr_threads');
}

/** Start of a task in nanoseconds since boot, time asleep included; undefined when unreadable. */
export function startTimeSinceBoot(task: StructView): bigint | undefined {
  // `real_start_time` until 5.4.
  return task.big(task.has('start_boottime') ? 'start_boottime' : 'real_start_time');
}

/** Start of a task in nanoseconds since 1970 UTC; undefined when unreadable. */
export function startTime(kernel: LinuxKernel, task: StructView): bigint | undefined {
  const boot = bootTime(kernel);
  const since = startTimeSinceBoot(task);
  return boot === undefined || since === undefined ? undefined : boot + since;
}

/** What process lists show of a task. */
export function taskFacts(kernel: LinuxKernel, task: StructView) {
  const credentials = task.follow('real_cred');
  return {
    pid: task.num('tgid'),
    ppid: task.follow('real_parent')?.num('tgid'),
    name: task.text('comm'),
    state: taskState(task),
    threads: threadCount(task),
    uid: credentials?.num('euid.val'),
    gid: credentials?.num('egid.val'),
    createTime: startTime(kernel, task),
    sinceBoot: startTimeSinceBoot(task),
    kernelThread: isKernelThread(task),
    offset: task.address,
  };
}
