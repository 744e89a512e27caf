/** `dump`: memory of a process or of the kernel into files. Areas by name are `maps --dump`'s, programs `elfs --dump`'s. */
import { column } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import { areaChunks } from '../../objects/linux/area-contents.js';
import { type MemoryArea, mmAreas } from '../../objects/linux/mm-areas.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { type MemoryChunk, residentChunks } from '../../objects/resident-chunks.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

const DEFAULT_LENGTH = 4096;

export default definePlugin({
  name: 'dump',
  scope: 'linux',
  common: true,
  needsOneOf: ['pid', 'address'],
  summary: 'Write memory of processes or of the kernel to files',
  description:
    'With --pid alone every area of the process goes to a file of its own; with --address only --length bytes from there. ' +
    'Without --pid the address is one of the kernel. What is not in memory becomes holes; "size" says what was there.',
  examples: [
    'dump -f memory.raw --pid 126 -o out',
    'dump -f memory.raw --pid 126 --address 0x400000 --length 4096 -o out',
  ],
  options: {
    pid: COMMON_OPTIONS.pid,
    address: option.address('First address'),
    length: option.integer('Bytes from there; 4096 unless told'),
  },
  columns: {
    pid: column.integer('Process id; absent for the kernel'),
    start: column.address('First address'),
    end: column.address('First address behind it'),
    size: column.size('Bytes that were in memory'),
    path: column.text('Mapped file, or what the area is for'),
    file: column.text('Where it was written to; absent without an output folder'),
  },
  *rows(kernel, options, io) {
    const { address, pid: pids = [] } = options;
    const length = BigInt(Math.max(options.length ?? DEFAULT_LENGTH, 0));
    if (pids.length === 0 && address === undefined) {
      throw new UserError('dump needs to know what to write', 'give --pid, or --address, or both');
    }
    const write = (name: string, chunks: Iterable<MemoryChunk>) => {
      let size = 0;
      const counted = function* () {
        for (const chunk of chunks) {
          size += chunk.bytes.length;
          yield chunk;
        }
      };
      const file = io.extract(name, counted());
      // Without a folder nothing has read the chunks yet, and the size is still wanted.
      if (file === undefined) for (const _ of counted());
      return { size, file };
    };
    if (pids.length === 0 && address !== undefined) {
      const end = address + length;
      const name = `kernel.${address.toString(16)}-${end.toString(16)}.dmp`;
      yield { start: address, end, ...write(name, residentChunks(kernel.space, address, end)) };
      return;
    }
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      const memory = selected(pids, pid) ? userMemory(kernel, task) : undefined;
      if (memory === undefined) continue;
      for (const area of mmAreas(kernel, memory.mm)) {
        const part = address === undefined ? area : overlap(area, address, address + length);
        if (part === undefined) continue;
        const { start, end } = part;
        const name = `pid.${pid}.${start.toString(16)}-${end.toString(16)}.dmp`;
        const chunks = areaChunks(kernel, memory.space, area, start, end);
        yield { pid, start, end, path: area.path, ...write(name, chunks) };
      }
    }
  },
});

/** The part of an area within [start, end); undefined when there is none. */
function overlap(area: MemoryArea, start: bigint, end: bigint): { start: bigint; end: bigint } | undefined {
  const from = area.start > start ? area.start : start;
  const to = area.end < end ? area.end : end;
  return from < to ? { start: from, end: to } : undefined;
}
