/** The facts about one thread beyond its process's: scheduling, times, exact start. */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { startTime, startTimeSinceBoot } from './task-facts.js';
import { taskState } from './task-state.js';

/** MAX_RT_PRIO and the static priority of nice 0 (include/linux/sched/prio.h). */
const MAX_RT_PRIO = 100;
const DEFAULT_PRIO = 120;

/** Names of `policy` (include/uapi/linux/sched.h); SCHED_EXT came with 6.12. */
const POLICIES = ['normal', 'fifo', 'rr', 'batch', 'iso', 'idle', 'deadline', 'ext'] as const;

/** What thread listings show of a task. Priority and nice are those of /proc/PID/stat, fields 18 and 19. */
export function threadFacts(kernel: LinuxKernel, task: StructView) {
  const prio = task.num('prio');
  const staticPrio = task.num('static_prio');
  const policy = task.num('policy');
  // In thread_info since 5.16 (CONFIG_THREAD_INFO_IN_TASK), in the task before.
  const cpu = ['thread_info.cpu', 'cpu'].find((path) => task.has(path));
  return {
    tid: task.num('pid'),
    pid: task.num('tgid'),
    name: task.text('comm'),
    state: taskState(task),
    createTime: startTime(kernel, task),
    sinceBoot: startTimeSinceBoot(task),
    cpuTime: task.big('se.sum_exec_runtime'),
    cpu: cpu === undefined ? undefined : task.num(cpu),
    priority: prio === undefined ? undefined : prio - MAX_RT_PRIO,
    nice: staticPrio === undefined ? undefined : staticPrio - DEFAULT_PRIO,
    policy: policy === undefined ? undefined : (POLICIES[policy] ?? String(policy)),
    flags: task.num('flags'),
    offset: task.address,
  };
}
