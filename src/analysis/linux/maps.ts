/** `maps`: the memory areas of each process, as /proc/PID/maps lists them. How much of them is in memory: `smaps`. */
import { column } from '../../core/columns.js';
import { areaChunks } from '../../objects/linux/area-contents.js';
import { type MemoryArea, mmAreas } from '../../objects/linux/mm-areas.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'maps',
  scope: 'linux',
  common: true,
  summary: 'List the memory areas of each process',
  description:
    'One row for each area, with the file, "[heap]" and the like as the kernel would print them. With --dump each ' +
    'area listed is written to a file of its own: what the process has in memory, and of mapped files also what the ' +
    'kernel has in its cache. The rest becomes holes.',
  aliases: ['linux.proc.Maps'],
  examples: ['maps -f memory.raw --pid 126', 'maps -f memory.raw --pid 126 --address 0x400000 --dump -o out'],
  options: {
    pid: COMMON_OPTIONS.pid,
    address: option.address('Only the area that contains this address'),
    dump: option.boolean('Write each area listed to a file'),
  },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First address'),
    end: column.address('First address behind it'),
    protection: column.text('Access allowed, and private or shared'),
    path: column.text('Mapped file, or what the area is for'),
    offset: column.size('Offset in the file'),
    device: column.text('Device of the file, major:minor in hex'),
    inode: column.integer('Inode number of the file'),
    file: column.text('Where it was written to', { quiet: true }),
  },
  diff: {
    kind: 'mapping',
    owner: 'pid',
    identity: ['start'],
    ignore: ['process'],
    describe: (row) => `${row.process} (pid ${row.pid}) 0x${row.start?.toString(16)} ${row.path ?? ''}`.trimEnd(),
  },
  *rows(kernel, options, io) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const mm = task.follow('mm');
      if (mm === undefined) continue;
      const process = task.text('comm');
      const space = options.dump === true ? userMemory(kernel, task)?.space : undefined;
      for (const area of mmAreas(kernel, mm)) {
        if (!contains(area, options.address)) continue;
        const { start, end, protection, path, offset, device, inode } = area;
        const name = `pid.${pid}.${start.toString(16)}-${end.toString(16)}.dmp`;
        const file = space && io.extract(name, areaChunks(kernel, space, area));
        yield { pid, process, start, end, protection, path, offset, device, inode, file };
      }
    }
  },
});

function contains({ start, end }: MemoryArea, address: bigint | undefined): boolean {
  return address === undefined || (address >= start && address < end);
}
