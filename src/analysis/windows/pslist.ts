/** `pslist` of NT: the processes on the kernel's list. Exited and unlinked ones are `psscan`'s. */
import { column } from '../../core/columns.js';
import { type DumpedKernel, dumpedKernel } from '../../objects/windows/dumped-kernel.js';
import { processFacts } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'pslist',
  scope: 'windows',
  common: true,
  summary: 'List the processes on the kernel list',
  description:
    'Processes linked from PsActiveProcessHead, in its order; the idle process is not on it. Those that have exited stay ' +
    'on the list while somebody holds a handle: they have an exit time and no threads.',
  aliases: ['windows.pslist.PsList'],
  examples: ['pslist -f memory.raw', 'pslist -f memory.dmp --pid 4,200-300 --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the creator'),
    name: column.text('Name of the executable file, cut to 15 characters by the kernel'),
    threads: column.integer('Threads that have not ended'),
    handles: column.integer('Open handles'),
    session: column.integer('Session'),
    createTime: column.time('Start of the process'),
    exitTime: column.time('End of the process'),
    dtb: column.address('Physical address of its page tables', { quiet: true }),
    peb: column.address('Address of its environment block', { quiet: true }),
    offset: column.address('Address of the _EPROCESS'),
  },
  tree: { id: 'pid', parent: 'ppid' },
  timeline: {
    events: { createTime: 'process created', exitTime: 'process ended' },
    describe: (row) => `${row.name} (pid ${row.pid})`,
  },
  diff: {
    kind: 'process',
    identity: ['offset', 'createTime'],
    began: 'createTime',
    describe: (row) => `${row.name} (pid ${row.pid})`,
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const facts = processFacts(process);
      if (!selected(options.pid, facts.pid)) continue;
      yield { ...facts, dtb: kernel.directoryTable(process), peb: process.ptr('Peb') };
    }
  },
  fromDump(dump, options) {
    const kernel = dumpedKernel(dump);
    return kernel && { rows: dumpedProcess(kernel, options.pid), faults: kernel.faults };
  },
});

/** The one that ran when the machine stopped. */
function* dumpedProcess({ process }: DumpedKernel, pids: readonly number[] | undefined) {
  const facts = processFacts(process);
  const [root] = process.pointers('Pcb.DirectoryTableBase', 1) ?? [];
  if (!selected(pids, facts.pid)) return;
  yield { ...facts, dtb: root === undefined ? undefined : Number(root), peb: process.ptr('Peb') };
}
