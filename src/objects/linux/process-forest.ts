/** The processes of the task list in the order of a tree: each after its parent, siblings by process id. */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { processes } from './tasks.js';

export interface TreeNode {
  readonly task: StructView;
  /** Number of ancestors on the task list. */
  readonly depth: number;
}

/**
 * All processes, depth first. Whose parent is not on the list is a root; a forged cycle of parents is entered at its
 * smallest process id, so every process comes out exactly once.
 */
export function* processForest(kernel: LinuxKernel): Generator<TreeNode> {
  const all = [...processes(kernel)]
    .map((task) => ({ task, pid: task.num('tgid') ?? -1 }))
    .sort((a, b) => a.pid - b.pid);
  const known = new Set(all.map(({ task }) => task.address));
  const children = new Map<bigint, StructView[]>();
  const roots: StructView[] = [];
  for (const { task } of all) {
    const parent = parentOf(task);
    if (parent === undefined || parent === task.address || !known.has(parent)) roots.push(task);
    else children.set(parent, [...(children.get(parent) ?? []), task]);
  }
  const done = new Set<bigint>();
  for (const { task } of [...roots.map((root) => ({ task: root })), ...all]) yield* below(task, children, done);
}

function* below(root: StructView, children: Map<bigint, StructView[]>, done: Set<bigint>): Generator<TreeNode> {
  const pending: TreeNode[] = [{ task: root, depth: 0 }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const { task, depth } = node;
    if (done.has(task.address)) continue;
    done.add(task.address);
    yield node;
    for (const child of (children.get(task.address) ?? []).toReversed())
      pending.push({ task: child, depth: depth + 1 });
  }
}

/** The process of the parent, which may be a thread of it. */
function parentOf(task: StructView): bigint | undefined {
  return task.follow('real_parent')?.ptr('group_leader');
}
