/** `modules` of NT: the kernel and its drivers, from the loader's list. */
import { column } from '../../core/columns.js';
import { kernelModules, moduleFacts } from '../../objects/windows/loaded-modules.js';
import { definePlugin } from '../plugin.js';

/** The name without its folders. */
const fileOf = (path: string) => path.slice(path.lastIndexOf('\\') + 1);

export default definePlugin({
  name: 'modules',
  scope: 'windows',
  common: true,
  summary: 'List the kernel and its drivers',
  description: 'Images linked from PsLoadedModuleList, in the order in which they were loaded, the kernel first.',
  aliases: ['windows.modules.Modules'],
  examples: ['modules -f memory.raw', 'modules -f memory.raw --filter name~^tcpip --json'],
  columns: {
    name: column.text('Name of the file'),
    base: column.address('First address'),
    size: column.size('Bytes of memory'),
    path: column.text('File it was loaded from'),
    entryPoint: column.address('Where it is entered', { quiet: true }),
    flags: column.mask("The loader's flags", { quiet: true }),
    offset: column.address('Address of the _LDR_DATA_TABLE_ENTRY'),
  },
  *rows(kernel) {
    for (const module of kernelModules(kernel)) yield moduleFacts(module);
  },
  fromDump: ({ triage }) =>
    triage && {
      rows: triage.drivers.map(({ path, base, size }) => ({ name: fileOf(path), base, size, path })),
    },
});
