/** `processghosting`: processes whose program file was deleted, or is about to be. */
import { column } from '../../core/columns.js';
import { fileName } from '../../objects/windows/file-name.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { programFile } from '../../objects/windows/section-file.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'processghosting',
  scope: 'windows',
  summary: 'Find processes whose program file is deleted',
  description:
    'Programs that were marked for deletion, or opened for writing or deletion, while a process was made from them (ghosting, ' +
    'doppelgänging, herpaderping). With --all every process with the flags of its program file.',
  aliases: ['windows.processghosting.ProcessGhosting', 'windows.malware.processghosting.ProcessGhosting'],
  examples: ['windows processghosting -f memory.raw'],
  options: { pid: COMMON_OPTIONS.pid, all: option.boolean('Also those that are in order') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    path: column.text('Program file'),
    deletePending: column.boolean('It is marked for deletion'),
    deleteAccess: column.boolean('It was opened to be deleted'),
    writeAccess: column.boolean('It was opened to be written'),
    reasons: column.list('What does not fit'),
    file: column.address('Address of the _FILE_OBJECT'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid) || process.address === kernel.systemProcess.address) continue;
      const peb = process.ptr('Peb');
      const file = programFile(kernel, process);
      const reasons: string[] = [];
      // Without memory of its own it has exited, or is the kernel's (Registry, MemCompression).
      if (file === undefined && peb !== undefined && peb !== 0n) reasons.push('no program file');
      const [pending, deletes, writes] = ['DeletePending', 'DeleteAccess', 'WriteAccess'].map(
        (name) => file && file.num(name) !== 0,
      ) as [boolean | undefined, boolean | undefined, boolean | undefined];
      if (pending) reasons.push('marked for deletion');
      if (deletes) reasons.push('opened to be deleted');
      if (writes) reasons.push('opened to be written');
      if (reasons.length === 0 && options.all !== true) continue;
      yield {
        pid,
        process: processName(process),
        path: file && fileName(kernel, file),
        deletePending: pending,
        deleteAccess: deletes,
        writeAccess: writes,
        reasons,
        file: file?.address,
      };
    }
  },
});
