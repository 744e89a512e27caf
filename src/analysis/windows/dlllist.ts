/** `dlllist`: the images that each process has loaded, by its own loader's list. What is mapped at all: `maps`. */
import { column } from '../../core/columns.js';
import { moduleFacts, processModules } from '../../objects/windows/loaded-modules.js';
import { processEnvironment } from '../../objects/windows/process-environment.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'dlllist',
  scope: 'windows',
  summary: 'List the libraries that each process has loaded',
  description:
    "Images on the loader's list in the memory of the process, in the order of loading, the program itself first. The " +
    'process can change the list.',
  aliases: ['windows.dlllist.DllList'],
  examples: ['windows dlllist -f memory.raw --pid 148'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    name: column.text('Name of the file'),
    base: column.address('First address'),
    size: column.size('Bytes of memory'),
    path: column.text('File it was loaded from'),
    entryPoint: column.address('Where it is entered', { quiet: true }),
    flags: column.mask("The loader's flags", { quiet: true }),
    offset: column.address('Address of the _LDR_DATA_TABLE_ENTRY', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const environment = processEnvironment(kernel, process);
      if (environment === undefined) continue;
      const name = processName(process);
      for (const module of processModules(environment)) yield { pid, process: name, ...moduleFacts(module) };
    }
  },
});
