/** `smaps`: how much of each memory area of each process is in memory. The areas themselves are `maps`'s. */
import { column } from '../../core/columns.js';
import { mmAreas } from '../../objects/linux/mm-areas.js';
import { residency } from '../../objects/linux/residency.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'smaps',
  scope: 'linux',
  summary: 'Show how much of each memory area is in memory or swapped out',
  description:
    'Resident and swapped bytes as /proc/PID/smaps counts them (Rss, Swap), from the page tables. What is neither has ' +
    'never been touched, or is a file page that the kernel can read again.',
  examples: ['linux smaps -f memory.raw --pid 126'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First address'),
    end: column.address('First address behind it'),
    protection: column.text('Access allowed, and private or shared'),
    size: column.size('Size of the area'),
    resident: column.size('Bytes in memory'),
    swapped: column.size('Bytes swapped out'),
    path: column.text('Mapped file, or what the area is for'),
  },
  *rows(kernel, options) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const memory = userMemory(kernel, task);
      if (memory === undefined) continue;
      const process = task.text('comm');
      for (const { start, end, protection, path } of mmAreas(kernel, memory.mm)) {
        const { resident, swapped } = residency(memory.space, start, end);
        yield { pid, process, start, end, protection, size: end - start, resident, swapped, path };
      }
    }
  },
});
