/** `psxview`: which of the kernel's own lists know each task. How tasks are found at all is `psscan`'s subject. */
import { column } from '../../core/columns.js';
import { taskState } from '../../objects/linux/task-state.js';
import { isLeader, isLive, taskViews } from '../../objects/linux/task-views.js';
import type { StructView } from '../../objects/struct-view.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'psxview',
  scope: 'linux',
  summary: 'Compare the places where the kernel keeps its tasks',
  description:
    'One row for each task found in any way, idle tasks included. A column is empty where the place does not apply: the ' +
    'task list and children hold leaders only, run queues hold runnable tasks, memory owners are processes with user ' +
    'memory, a zombie has left its control group, and a released task belongs nowhere. "no" elsewhere means that the task was taken off, or was being made ' +
    'or released when memory was captured; "suspicious" sums that up.',
  aliases: ['linux.psxview.PsXView', 'linux.pidhashtable.PIDHashTable'],
  examples: ['linux psxview -f memory.raw', 'linux psxview -f memory.raw --filter suspicious=true'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id (thread group id)'),
    tid: column.integer('Thread id'),
    name: column.text('Name of the thread (comm)'),
    state: column.text('Scheduler state, as ps shows it'),
    taskList: column.boolean('On the task list'),
    pidMap: column.boolean('Found by its number in the root pid namespace'),
    threadList: column.boolean('On the thread list of its process'),
    children: column.boolean('On the list of children of its parent'),
    controlGroup: column.boolean('Listed by its control group'),
    slab: column.boolean('In a slot in use of the task slab'),
    runQueue: column.boolean('Known to the scheduler, when runnable'),
    memoryOwner: column.boolean('Owner of an address space in the slab of those'),
    suspicious: column.boolean('A live task that some place should have and has not'),
    offset: column.address('Address of the task_struct'),
  },
  *rows(kernel, options, io) {
    const { end } = kernel.memory;
    const views = taskViews(kernel, (done) => io.progress(done, end, 'looking for tasks'));
    const idle = kernel.address('init_task');
    const hasSlabs = views.found.some(({ sources }) => sources.has('slab'));
    for (const { task, sources } of views.found) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const { address } = task;
      const live = isLive(task);
      const leader = isLeader(task);
      const isIdle = address === idle || (task.num('pid') === 0 && (views.runQueues?.has(address) ?? false));
      const state = taskState(task);
      /** Yes or no where the place is known and the task belongs there. */
      const known = (place: ReadonlySet<bigint> | undefined, belongs: boolean) =>
        place !== undefined && belongs && live ? place.has(address) : undefined;
      const places = {
        taskList: known(views.taskList, leader && !isIdle),
        pidMap: known(views.pidMap, !isIdle),
        threadList: known(views.threadLists, !isIdle),
        children: known(views.childrenLists, leader && !isIdle),
        controlGroup: known(views.controlGroups, !isIdle && task.num('exit_state') === 0),
        slab: hasSlabs && live && address !== idle ? sources.has('slab') : undefined,
        runQueue: known(views.runQueues, state === 'R'),
        memoryOwner: known(views.memoryOwners, leader && ownsMemory(task)),
      };
      const suspicious = Object.values(places).includes(false);
      yield { pid, tid: task.num('pid'), name: task.text('comm'), state, ...places, suspicious, offset: address };
    }
  },
});

/** False without user memory, and where another task owns it (after vfork, or clone with CLONE_VM). */
function ownsMemory(task: StructView): boolean {
  const mm = task.follow('mm');
  if (mm?.has('owner') !== true) return false;
  const owner = mm.follow('owner');
  return owner === undefined || owner.address === task.address || owner.ptr('mm') !== mm.address;
}
