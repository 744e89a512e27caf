/** Tasks by control group: each `css_set` (a combination of groups) lists its tasks, exited ones apart. */
import type { LinuxKernel } from './kernel.js';
import { hlistEntries, listEntries } from './lists.js';

/** CSS_SET_HASH_BITS is 7 (kernel/cgroup/cgroup.c, 4.5 to 6.12). */
const TABLE_SIZE = 128;
/** Lists of a css_set: in it, moving to another, and dead but not yet waited for. */
const LISTS = ['tasks', 'mg_tasks', 'dying_tasks'] as const;

/** Addresses of the tasks in any control group; undefined where the table of css_sets is not known. */
export function groupedTasks(kernel: LinuxKernel): Set<bigint> | undefined {
  const table = kernel.address('css_set_table');
  if (table === undefined || kernel.field('css_set', 'tasks') === undefined) return undefined;
  const tasks = new Set<bigint>();
  const seen = new Set<bigint>();
  for (let index = 0; index < TABLE_SIZE; index++) {
    const head = table + BigInt(index * kernel.space.pointerSize);
    for (const set of hlistEntries(kernel, head, 'css_set', 'hlist', seen)) {
      for (const list of LISTS) {
        if (!set.has(list)) continue;
        for (const task of listEntries(kernel, set.addressOf(list), 'task_struct', 'cg_list')) tasks.add(task.address);
      }
    }
  }
  return tasks;
}
