/** `thrdscan`: thread objects, of exited processes too. */
import { column } from '../../core/columns.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { threadFacts } from '../../objects/windows/thread-facts.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'thrdscan',
  scope: 'windows',
  summary: 'Find threads in memory',
  description:
    'Thread objects, of exited processes too. Found in pool blocks of the kernel, whether or not a name or a handle still leads to them.',
  aliases: ['windows.thrdscan.ThrdScan'],
  examples: ['windows thrdscan -f memory.raw'],
  columns: {
    pid: column.integer('Process id'),
    tid: column.integer('Thread id'),
    state: column.text('State of the scheduler'),
    createTime: column.time('Start of the thread'),
    exitTime: column.time('End of the thread'),
    startAddress: column.address('Where the kernel started it'),
    win32StartAddress: column.address('Where the program started it'),
    offset: column.address('Address of the _ETHREAD'),
  },
  *rows(kernel) {
    for (const { body } of scanObjects(kernel, ['Thread'])) {
      const thread = kernel.struct('_ETHREAD', body);
      yield { pid: thread.num('Cid.UniqueProcess'), ...threadFacts(thread) };
    }
  },
});
