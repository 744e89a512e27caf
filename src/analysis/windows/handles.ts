/** `handles` of NT: every open handle of every process, with the object behind it. */
import { column } from '../../core/columns.js';
import { accessNames } from '../../objects/windows/access-names.js';
import { describeObject } from '../../objects/windows/describe-object.js';
import { openHandles } from '../../objects/windows/handle-table.js';
import { objectBody, objectTypeName } from '../../objects/windows/object-header.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'handles',
  scope: 'windows',
  common: true,
  summary: 'List the open handles of processes',
  description:
    'Every handle in the handle table of every process on the list, with the type and name of its object: files with ' +
    'their device, registry keys with their path, processes and threads by id, other objects with the folders that ' +
    'they are named in.',
  aliases: ['windows.handles.Handles'],
  examples: ['handles -f memory.raw --pid 4', 'handles -f memory.raw --filter type=Mutant'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    handle: column.integer('Value of the handle'),
    type: column.text('Type of the object'),
    access: column.mask('Access that was granted'),
    name: column.text('Name of the object'),
    rights: column.list('The same by name', { quiet: true }),
    offset: column.address('Address of the object', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const table = process.follow('ObjectTable');
      if (table === undefined) continue;
      const name = processName(process);
      for (const { handle, header: address, access } of openHandles(kernel, table)) {
        const header = kernel.struct('_OBJECT_HEADER', address);
        const type = objectTypeName(kernel, header);
        const object = describeObject(kernel, header, type);
        const rights = access === undefined ? undefined : accessNames(type, access);
        yield { pid, process: name, handle, type, access, name: object, rights, offset: objectBody(header) };
      }
    }
  },
});
