/** `cmdline`: what each process was started with, from its own memory. Its environment is `envars`'s subject. */
import { column } from '../../core/columns.js';
import { commandArguments } from '../../objects/linux/arguments.js';
import { directoryPath, executablePath } from '../../objects/linux/task-paths.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'cmdline',
  scope: 'linux',
  common: true,
  summary: 'Show the command line and the executable of each process',
  description:
    'Arguments come from the memory of the process, which may have overwritten them; the executable is the file that ' +
    'the kernel mapped, with "(deleted)" when its name is gone. Kernel threads have neither.',
  aliases: ['linux.psaux.PsAux'],
  examples: ['cmdline -f memory.raw', 'cmdline -f memory.raw --pid 126 --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the parent'),
    name: column.text('Name of the main thread (comm)'),
    args: column.text('Arguments joined by spaces, trailing empty ones left out'),
    exe: column.text('Executable file'),
    cwd: column.text('Working directory', { quiet: true }),
    root: column.text('Root directory', { quiet: true }),
    argv: column.list('Arguments as they stand in memory', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const memory = userMemory(kernel, task);
      const argv = memory && commandArguments(kernel, memory);
      yield {
        pid,
        ppid: task.follow('real_parent')?.num('tgid'),
        name: task.text('comm'),
        args: argv?.join(' ').trimEnd(),
        exe: executablePath(kernel, task),
        cwd: directoryPath(kernel, task, 'pwd'),
        root: directoryPath(kernel, task, 'root'),
        argv,
      };
    }
  },
});
