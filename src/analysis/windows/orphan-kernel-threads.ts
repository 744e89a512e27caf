/** `orphan-kernel-threads`: threads of the kernel that run code of no module. */
import { column } from '../../core/columns.js';
import { KERNEL_SPACE } from '../../objects/windows/kernel-windows.js';
import { moduleAt } from '../../objects/windows/module-ranges.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { threadFacts } from '../../objects/windows/thread-facts.js';
import { definePlugin, option } from '../plugin.js';

export default definePlugin({
  name: 'orphan-kernel-threads',
  scope: 'windows',
  summary: 'Find threads of the kernel that started in no module',
  description:
    'Threads of the System process, found in pool blocks, whose start address lies in none of the modules on the list: ' +
    'their driver was unlinked, or is gone. With --all every thread of System, with its module.',
  aliases: ['windows.orphan_kernel_threads.Threads'],
  examples: ['windows orphan-kernel-threads -f memory.raw'],
  options: { all: option.boolean('Also those that are in order') },
  columns: {
    tid: column.integer('Thread id'),
    state: column.text('State of the scheduler'),
    startAddress: column.address('Where it started'),
    module: column.text('Kernel module of that address'),
    createTime: column.time('Start of the thread'),
    exitTime: column.time('End of the thread'),
    offset: column.address('Address of the _ETHREAD'),
  },
  *rows(kernel, options, io) {
    const system = kernel.systemProcess.num('UniqueProcessId');
    for (const { body } of scanObjects(kernel, ['Thread'], () => io.progress(0, 0, 'looking for threads'))) {
      const thread = kernel.struct('_ETHREAD', body);
      if (thread.num('Cid.UniqueProcess') !== system) continue;
      const facts = threadFacts(thread);
      const { startAddress } = facts;
      // 5.x keeps message numbers in the same place: what cannot be an address says nothing.
      const isAddress = startAddress !== undefined && startAddress >= KERNEL_SPACE[kernel.profile.pointerSize].start;
      const module = isAddress ? moduleAt(kernel, startAddress) : undefined;
      if ((isAddress && module === undefined) || options.all === true) yield { ...facts, module };
    }
  },
});
