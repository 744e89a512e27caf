/** `elfs`: ELF images in the memory of processes, mapped from files or not. */
import { column } from '../../core/columns.js';
import { userChunks } from '../../objects/linux/area-contents.js';
import { elfFileChunks, mappedElf, missingBytes, type RangeReader } from '../../objects/linux/mapped-elf.js';
import { mmAreas } from '../../objects/linux/mm-areas.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

/** e_type and e_machine by number (gABI, "ELF Header"). */
const TYPES: Readonly<Record<number, string>> = { 1: 'relocatable', 2: 'executable', 3: 'shared', 4: 'core' };
const MACHINES: Readonly<Record<number, string>> = { 3: 'i386', 62: 'amd64' };

export default definePlugin({
  name: 'elfs',
  scope: 'linux',
  summary: 'List ELF images in the memory of processes',
  description:
    'Every memory area that begins with an ELF header: programs, libraries, the vDSO, and what was loaded without a file. ' +
    'With --dump each is put together again as a file; what neither the process nor the kernel\'s file cache has ("missing") becomes holes, and data is ' +
    'as the program has changed it.',
  aliases: ['linux.elfs.Elfs'],
  examples: ['linux elfs -f memory.raw --pid 138 --dump -o out'],
  options: { pid: COMMON_OPTIONS.pid, dump: option.boolean('Rebuild each image as a file') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('Address of the ELF header'),
    end: column.address('First address behind the last segment'),
    type: column.text('Kind of image'),
    machine: column.text('Processor it is for'),
    entry: column.address('Where it starts to run; 0 for most libraries'),
    missing: column.size("Bytes of the file's segments that are nowhere in memory"),
    path: column.text('Mapped file'),
    file: column.text('Where it was written to', { quiet: true }),
  },
  *rows(kernel, options, io) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      const memory = selected(options.pid, pid) ? userMemory(kernel, task) : undefined;
      if (memory === undefined) continue;
      const { space } = memory;
      const areas = [...mmAreas(kernel, memory.mm)];
      const read: RangeReader = (start, end) => userChunks(kernel, space, areas, start, end);
      for (const area of areas) {
        const image = mappedElf(read, space, area);
        if (image === undefined) continue;
        const { type, machine, entry } = image.elf.header;
        const name = `pid.${pid}.${area.start.toString(16)}.elf`;
        yield {
          pid,
          process: task.text('comm'),
          start: area.start,
          end: image.end,
          type: TYPES[type] ?? String(type),
          machine: MACHINES[machine] ?? String(machine),
          entry: entry === 0n ? 0n : BigInt.asUintN(space.pointerSize * 8, entry + image.bias),
          missing: missingBytes(read, image),
          path: area.path,
          file: options.dump === true ? io.extract(name, elfFileChunks(read, image)) : undefined,
        };
      }
    }
  },
});
