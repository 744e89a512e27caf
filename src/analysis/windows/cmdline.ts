/** `cmdline` of NT: what each process was started with, from its own memory. Its environment is `envars`'s subject. */
import { column } from '../../core/columns.js';
import { processEnvironment, processParameters } from '../../objects/windows/process-environment.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'cmdline',
  scope: 'windows',
  common: true,
  summary: 'Show the command line and the executable of each process',
  description: 'From the parameters in the memory of the process, which may have overwritten them. System has none.',
  aliases: ['windows.cmdline.CmdLine'],
  examples: ['cmdline -f memory.raw', 'cmdline -f memory.raw --pid 1052 --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the creator'),
    name: column.text('Name of the executable file, cut to 15 characters by the kernel'),
    args: column.text('Command line'),
    exe: column.text('Executable file, as the loader was told'),
    cwd: column.text('Working directory', { quiet: true }),
    title: column.text('Title of its window', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const environment = processEnvironment(kernel, process);
      const parameters = environment && processParameters(environment);
      yield {
        pid,
        ppid: process.num('InheritedFromUniqueProcessId'),
        name: processName(process),
        args: parameters?.commandLine,
        exe: parameters?.imagePath,
        cwd: parameters?.currentDirectory,
        title: parameters?.windowTitle,
      };
    }
  },
});
