/** `memmap`: the pages of a process that are in memory, and where. What they are for: `maps`. */
import { column } from '../../core/columns.js';
import { residentChunks } from '../../objects/resident-chunks.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { userEnd } from '../../objects/windows/user-space.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'memmap',
  scope: 'windows',
  summary: 'List the memory of processes that is present, with where it lies',
  description:
    'From the page tables, neighbouring pages joined as far as they lie side by side. With --dump and --output all of it is ' +
    'written into one file a process, each page at its own address, with holes between.',
  aliases: ['windows.memmap.Memmap'],
  examples: ['windows memmap -f memory.raw --pid 1052', 'windows memmap -f memory.raw --pid 1052 --dump -o out'],
  options: { pid: COMMON_OPTIONS.pid, dump: option.boolean('Write the memory to a file') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First virtual address'),
    end: column.address('First address behind it'),
    physical: column.address('Physical address'),
    size: column.size('Bytes'),
    writable: column.boolean('The program may write'),
    executable: column.boolean('The program may execute'),
    file: column.text('Where it was written to', { quiet: true }),
  },
  *rows(kernel, options, io) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      const space = selected(options.pid, pid) ? kernel.processSpace(process) : undefined;
      if (space === undefined) continue;
      const end = userEnd(kernel);
      const dump = options.dump === true;
      const file = dump ? io.extract(`pid.${pid}.dmp`, residentChunks(space, 0n, end)) : undefined;
      for (const run of space.mappings(0n, end)) {
        if (!run.user) continue;
        yield {
          pid,
          process: processName(process),
          start: run.start,
          end: run.end,
          physical: run.physical,
          size: Number(run.end - run.start),
          writable: run.writable,
          executable: run.executable,
          file,
        };
      }
    }
  },
});
