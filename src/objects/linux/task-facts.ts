/** The facts about one task that several plugins show: ids, state, credentials, times. */
import type { StructView } from '../struct-view.js';
import { bootTime } from './clock.js';
import type { LinuxKernel } from './kernel.js';
import { taskState } from './task-state.js';

/** Number of threads in the task's group; undefined when unreadable. */
export function threadCount(task: StructView): number | undefined {
  return task.follow('signal')?.num('nr_threads');
}

/** Start of a task in nanoseconds since 1970 UTC; undefined when unreadable. */
export function startTime(kernel: LinuxKernel, task: StructView): bigint | undefined {
  const boot = bootTime(kernel);
  // `real_start_time` until 5.4, `start_boottime` since: nanoseconds since boot, time asleep included.
  const since = task.big(task.has('start_boottime') ? 'start_boottime' : 'real_start_time');
  return boot === undefined || since === undefined ? undefined : boot + since;
}

/** What process lists show of a task. */
export function taskFacts(kernel: LinuxKernel, task: StructView) {
  const credentials = task.follow('cred');
  return {
    pid: task.num('tgid'),
    ppid: task.follow('real_parent')?.num('tgid'),
    name: task.text('comm'),
    state: taskState(task),
    threads: threadCount(task),
    uid: credentials?.num('euid.val'),
    gid: credentials?.num('egid.val'),
    createTime: startTime(kernel, task),
    kernelThread: task.ptr('mm') === 0n,
    offset: task.address,
  };
}
