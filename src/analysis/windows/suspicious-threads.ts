/** `suspicious-threads`: threads of programs that began outside of every mapped image. */
import { column } from '../../core/columns.js';
import { addressRanges } from '../../objects/windows/address-ranges.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes, threadsOf } from '../../objects/windows/processes.js';
import { threadFacts } from '../../objects/windows/thread-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'suspicious-threads',
  scope: 'windows',
  summary: 'Find threads of programs that started outside of mapped images',
  description:
    'Threads whose start address, as their creator gave it, lies in memory that no image is mapped in (injected code), or ' +
    'in none at all. In 5.x (XP, 2003, ReactOS) start addresses give way to message numbers once a thread has answered ' +
    'local procedure calls; those below 64 KiB are passed over.',
  aliases: ['windows.suspicious_threads.SuspiciousThreads'],
  examples: ['windows suspicious-threads -f memory.raw'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    tid: column.integer('Thread id'),
    startAddress: column.address('Where the program started it'),
    kind: column.text('What is there: private, mapped, …; nothing where no memory is'),
    protection: column.text('Access that this memory was made with'),
    path: column.text('Mapped file'),
    reason: column.text('Why it is listed'),
    createTime: column.time('Start of the thread', { quiet: true }),
    offset: column.address('Address of the _ETHREAD'),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid) || process.address === kernel.systemProcess.address) continue;
      const ranges = [...addressRanges(kernel, process)];
      for (const thread of threadsOf(kernel, process)) {
        const facts = threadFacts(thread);
        const start = facts.win32StartAddress;
        if (facts.exitTime !== undefined || start === undefined || start < FIRST_ADDRESS) continue;
        const range = ranges.find((each) => start >= each.start && start < each.end);
        if (range?.kind === 'image') continue;
        yield {
          pid,
          process: processName(process),
          tid: facts.tid,
          startAddress: start,
          kind: range?.kind,
          protection: range?.protection,
          path: range?.path,
          reason: range === undefined ? 'started where no memory is' : 'started outside of an image',
          createTime: facts.createTime,
          offset: facts.offset,
        };
      }
    }
  },
});

/** The lowest 64 KiB of every process stay empty. */
const FIRST_ADDRESS = 0x1_0000n;
