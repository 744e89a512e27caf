/**
 * The places where the kernel keeps track of its tasks, each as the set of tasks it knows: what one place misses and
 * others have was hidden, or is just coming or going.
 */
import type { StructView } from '../struct-view.js';
import { groupedTasks } from './control-groups.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';
import { namespacePids, tasksOfPid } from './pid-map.js';
import { scheduledTasks } from './run-queues.js';
import { cacheOf, slabObjects } from './slab.js';
import { type FoundTask, findTasks } from './task-scan.js';
import { processes, threadsOf } from './tasks.js';

/** Sets of addresses of task structures; undefined where this kernel or its profile lacks the place. */
export interface TaskViews {
  readonly found: readonly FoundTask[];
  /** Leaders on `init_task.tasks`. */
  readonly taskList: ReadonlySet<bigint>;
  /** Members of the thread list of any process found. */
  readonly threadLists: ReadonlySet<bigint>;
  /** Reached by their number in the root pid namespace. */
  readonly pidMap: ReadonlySet<bigint> | undefined;
  /** Leaders on the list of children of any task found. */
  readonly childrenLists: ReadonlySet<bigint>;
  readonly controlGroups: ReadonlySet<bigint> | undefined;
  readonly runQueues: ReadonlySet<bigint> | undefined;
  /** Tasks that own the user memory (`mm_struct.owner`) of any address space in its slab cache. */
  readonly memoryOwners: ReadonlySet<bigint> | undefined;
}

/** Gathers all views. `progress` is told the bytes scanned for tasks. */
export function taskViews(kernel: LinuxKernel, progress?: (done: number) => void): TaskViews {
  const found = findTasks(kernel, progress);
  const live = found.map(({ task }) => task).filter(isLive);
  return {
    found,
    taskList: addresses(processes(kernel)),
    threadLists: addresses(live.flatMap((task) => (isLeader(task) ? [...threadsOf(kernel, task)] : []))),
    pidMap: pidMap(kernel),
    childrenLists: addresses(live.flatMap((task) => [...children(kernel, task)])),
    controlGroups: groupedTasks(kernel),
    runQueues: scheduledTasks(kernel),
    memoryOwners: memoryOwners(kernel, live),
  };
}

/** EXIT_DEAD (include/linux/sched.h): nobody waits for it any more. */
const EXIT_DEAD = 0x10;

/** False for a task that has been released: its links are remains. */
export function isLive(task: StructView): boolean {
  return ((task.num('exit_state') ?? 0) & EXIT_DEAD) === 0;
}

/** True for the task that stands for the process as a whole. */
export function isLeader(task: StructView): boolean {
  return task.ptr('group_leader') === task.address;
}

function addresses(tasks: Iterable<StructView>): Set<bigint> {
  const set = new Set<bigint>();
  for (const { address } of tasks) set.add(address);
  return set;
}

function children(kernel: LinuxKernel, task: StructView): Iterable<StructView> {
  return listEntries(kernel, task.addressOf('children'), 'task_struct', 'sibling');
}

function pidMap(kernel: LinuxKernel): Set<bigint> | undefined {
  const namespace = kernel.address('init_pid_ns');
  if (namespace === undefined || kernel.field('pid_namespace', 'idr') === undefined) return undefined;
  const tasks = new Set<bigint>();
  for (const pid of namespacePids(kernel, kernel.struct('pid_namespace', namespace))) {
    for (const task of tasksOfPid(kernel, pid)) tasks.add(task.address);
  }
  return tasks;
}

/** The cache is found through any address space in use; CONFIG_MEMCG keeps the owners. */
function memoryOwners(kernel: LinuxKernel, tasks: readonly StructView[]): Set<bigint> | undefined {
  if (kernel.field('mm_struct', 'owner') === undefined) return undefined;
  const mm = tasks.map((task) => task.ptr('mm')).find((address) => address !== undefined && address !== 0n);
  const cache = mm === undefined ? undefined : cacheOf(kernel, mm);
  if (cache === undefined) return undefined;
  const owners = new Set<bigint>();
  for (const { address, inUse } of slabObjects(kernel, cache)) {
    const owner = inUse ? kernel.struct('mm_struct', address).ptr('owner') : 0n;
    if (owner !== undefined && owner !== 0n) owners.add(owner);
  }
  return owners;
}
