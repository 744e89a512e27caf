/** `ptrace`: who debugs whom. */
import { column } from '../../core/columns.js';
import { processes, threadsOf } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

/** Bits of `task_struct.ptrace` (include/linux/ptrace.h). */
const PT_SEIZED = 0x10000;
/** PT_OPT_FLAG_SHIFT: options as the tracer gave them, from bit 3; the events are numbered from 1 (PT_EVENT_FLAG). */
const OPTION_SHIFT = 3;
/** By bit of the options (include/uapi/linux/ptrace.h). */
const OPTIONS: Readonly<Record<number, string>> = {
  0: 'sysgood',
  1: 'fork',
  2: 'vfork',
  3: 'clone',
  4: 'exec',
  5: 'vfork-done',
  6: 'exit',
  7: 'seccomp',
  20: 'exitkill',
  21: 'suspend-seccomp',
};

export default definePlugin({
  name: 'ptrace',
  scope: 'linux',
  summary: 'List threads that are being traced, with their tracers',
  description: 'One row for each thread under ptrace; options are the events that the tracer asked to be told of.',
  aliases: ['linux.ptrace.Ptrace'],
  examples: ['linux ptrace -f memory.raw'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id of the traced thread'),
    tid: column.integer('Its thread id'),
    process: column.text('Its name'),
    tracerPid: column.integer('Process id of the tracer'),
    tracerTid: column.integer('Thread id of the tracer'),
    tracer: column.text('Name of the tracer'),
    how: column.text('seized (PTRACE_SEIZE) or attached'),
    options: column.list('Options and events'),
    flags: column.mask('The word as it stands in the task', { quiet: true }),
  },
  diff: {
    kind: 'traced thread',
    identity: ['tid', 'tracerTid'],
    describe: (row) => `${row.process} (tid ${row.tid}) by ${row.tracer}`,
  },
  *rows(kernel, options) {
    for (const leader of processes(kernel)) {
      const pid = leader.num('tgid');
      if (!selected(options.pid, pid)) continue;
      for (const task of threadsOf(kernel, leader)) {
        const flags = task.num('ptrace');
        if (flags === undefined || flags === 0) continue;
        // While a task is traced its `parent` is the tracer; `real_parent` stays.
        const tracer = task.follow('parent');
        yield {
          pid,
          tid: task.num('pid'),
          process: task.text('comm'),
          tracerPid: tracer?.num('tgid'),
          tracerTid: tracer?.num('pid'),
          tracer: tracer?.text('comm'),
          how: (flags & PT_SEIZED) === 0 ? 'attached' : 'seized',
          options: optionNames(flags),
          flags,
        };
      }
    }
  },
});

function optionNames(flags: number): string[] {
  const given = (flags & ~PT_SEIZED) >>> OPTION_SHIFT;
  return Object.entries(OPTIONS)
    .filter(([bit]) => (given & (1 << Number(bit))) !== 0)
    .map(([, name]) => name);
}
