/** `bash`: commands typed into bash, from its memory. What it has written to a history file is a file's matter. */
import { column } from '../../core/columns.js';
import { bashHistory } from '../../objects/linux/bash-history.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { executablePath } from '../../objects/linux/task-paths.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import type { StructView } from '../../objects/struct-view.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

const NS_PER_SECOND = 1_000_000_000n;

export default definePlugin({
  name: 'bash',
  scope: 'linux',
  summary: 'Recover the command history of bash processes',
  description:
    'Entries of the history with the time they were entered, in their order; entries without an index were in it once. ' +
    'Processes whose program or name is bash are searched, or those named with --pid, whatever they are called. ' +
    'Commands read from a history file carry the time that the file gives, or that of the start of the shell.',
  aliases: ['linux.bash.Bash'],
  examples: ['linux bash -f memory.raw', 'linux bash -f memory.raw --pid 151 --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    index: column.integer('Place in the history'),
    time: column.time('When it was entered'),
    command: column.text('The command'),
    offset: column.address('Address of the history entry', { quiet: true }),
  },
  timeline: {
    events: { time: 'command entered' },
    describe: (row) => `${row.command} (${row.process}, pid ${row.pid})`,
  },
  *rows(kernel, options) {
    const wanted = options.pid ?? [];
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (wanted.length > 0 ? !selected(wanted, pid) : !isBash(kernel, task)) continue;
      const memory = userMemory(kernel, task);
      if (memory === undefined) continue;
      const process = task.text('comm');
      for (const { index, seconds, command, address } of bashHistory(kernel, memory)) {
        yield { pid, process, index, time: BigInt(seconds) * NS_PER_SECOND, command, offset: address };
      }
    }
  },
});

/** By the name of the process or of its program, which renaming the process does not change. */
function isBash(kernel: LinuxKernel, task: StructView): boolean {
  return /bash/.test(task.text('comm') ?? '') || /\/[^/]*bash[^/]*$/.test(executablePath(kernel, task) ?? '');
}
