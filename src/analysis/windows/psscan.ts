/** `psscan` of NT: processes found by their pool blocks, without trusting the list. */
import { column } from '../../core/columns.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { processFacts } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'psscan',
  scope: 'windows',
  common: true,
  summary: 'Find processes in memory, exited and unlinked ones too',
  description:
    'Process objects in pool blocks of the kernel, each marked with how it was found. "pool" without "list" is a process ' +
    'that has exited while somebody still holds it, or one that was taken off the list. System and the idle process of ' +
    'some versions are in no pool block.',
  aliases: ['windows.psscan.PsScan'],
  examples: ['psscan -f memory.raw', 'psscan -f memory.raw --filter found=pool'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    ppid: column.integer('Process id of the creator'),
    name: column.text('Name of the executable file, cut to 15 characters by the kernel'),
    threads: column.integer('Threads that have not ended'),
    createTime: column.time('Start of the process'),
    exitTime: column.time('End of the process'),
    found: column.list('How it was found'),
    offset: column.address('Address of the _EPROCESS'),
  },
  timeline: {
    events: { createTime: 'process created', exitTime: 'process ended' },
    describe: (row) => `${row.name} (pid ${row.pid})`,
  },
  *rows(kernel, options, io) {
    const found = new Map([...processes(kernel)].map((process) => [process.address, { process, sources: ['list'] }]));
    for (const { body } of scanObjects(kernel, ['Process'], () => io.progress(0, 0, 'looking for processes'))) {
      const known = found.get(body);
      if (known === undefined) found.set(body, { process: kernel.struct('_EPROCESS', body), sources: ['pool'] });
      else known.sources.push('pool');
    }
    for (const { process, sources } of found.values()) {
      const facts = processFacts(process);
      if (selected(options.pid, facts.pid)) yield { ...facts, found: sources };
    }
  },
});
