/** `lsns`: each namespace once, with the processes in it. The namespaces of one process: `namespaces`. */
import { column } from '../../core/columns.js';
import { commandArguments } from '../../objects/linux/arguments.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { NAMESPACE_KINDS, type NamespaceKind, namespaceNumber, namespaceOf } from '../../objects/linux/namespaces.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import type { StructView } from '../../objects/struct-view.js';
import { definePlugin } from '../plugin.js';

/** What children will live in counts as use of a namespace, but is no kind of its own. */
const LISTED = NAMESPACE_KINDS.filter((kind) => !kind.endsWith('ForChildren'));

interface Use {
  readonly kind: NamespaceKind;
  readonly namespace: StructView;
  readonly tasks: StructView[];
}

export default definePlugin({
  name: 'lsns',
  scope: 'linux',
  summary: 'List namespaces with the processes in them',
  description:
    'Namespaces that some process on the task list lives in, by kind; the process shown is the oldest in it.',
  examples: ['linux lsns -f memory.raw --filter type=mnt'],
  columns: {
    namespace: column.integer('Number of the namespace (inode number)'),
    type: column.text('Kind of namespace'),
    processes: column.integer('Processes in it'),
    pid: column.integer('The lowest process id among them'),
    ppid: column.integer("Process id of that one's parent", { quiet: true }),
    uid: column.integer('User id of that one'),
    command: column.text('Its command line, or name'),
    offset: column.address('Address of the namespace', { quiet: true }),
  },
  *rows(kernel) {
    const uses = new Map<string, Use>();
    for (const task of processes(kernel)) {
      for (const kind of LISTED) {
        const namespace = namespaceOf(kernel, task, kind);
        if (namespace === undefined) continue;
        const key = `${kind}/${namespace.address}`;
        const use = uses.get(key);
        if (use === undefined) uses.set(key, { kind, namespace, tasks: [task] });
        else use.tasks.push(task);
      }
    }
    for (const { kind, namespace, tasks } of [...uses.values()].sort(byKind)) {
      const [oldest] = tasks.toSorted((a, b) => (a.num('tgid') ?? 0) - (b.num('tgid') ?? 0));
      yield {
        namespace: namespaceNumber(namespace),
        type: kind,
        processes: tasks.length,
        pid: oldest?.num('tgid'),
        ppid: oldest?.follow('real_parent')?.num('tgid'),
        uid: oldest?.follow('real_cred')?.num('uid.val'),
        command: oldest && commandOf(kernel, oldest),
        offset: namespace.address,
      };
    }
  },
});

function byKind(a: Use, b: Use): number {
  return LISTED.indexOf(a.kind) - LISTED.indexOf(b.kind);
}

function commandOf(kernel: LinuxKernel, task: StructView): string | undefined {
  const memory = userMemory(kernel, task);
  const argv = memory && commandArguments(kernel, memory);
  return argv === undefined || argv.length === 0 ? task.text('comm') : argv.join(' ').trimEnd();
}
