/** `malfind`: memory that may hold injected code, with the reasons. It does not say what the code does. */
import { column } from '../../core/columns.js';
import { hexBytes, hexDump } from '../../core/hex-dump.js';
import { mmAreas } from '../../objects/linux/mm-areas.js';
import { residency } from '../../objects/linux/residency.js';
import { suspicion } from '../../objects/linux/suspicious-memory.js';
import { processes } from '../../objects/linux/tasks.js';
import { userMemory } from '../../objects/linux/user-memory.js';
import { residentChunks } from '../../objects/resident-chunks.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

const BYTES_IN_LINE = 16;
const BYTES_IN_DUMP = 64;

export default definePlugin({
  name: 'malfind',
  scope: 'linux',
  common: true,
  summary: 'Find memory of processes that may hold injected code',
  description:
    'Executable areas without a file, areas that are writable and executable, memory that was written and then made ' +
    'executable, code run from memfd files, and pages of mapped program files that no longer equal the file. Every row ' +
    'says why. Just-in-time compilers and debuggers do such things too.',
  aliases: ['linux.malfind.Malfind'],
  examples: ['malfind -f memory.raw', 'malfind -f memory.raw --pid 126 --dump -o out'],
  options: { pid: COMMON_OPTIONS.pid, dump: option.boolean('Write each area found to a file') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First address of the area'),
    end: column.address('First address behind it'),
    protection: column.text('Access allowed, and private or shared'),
    reasons: column.list('Why it is shown'),
    resident: column.size('Bytes of it in memory'),
    address: column.address('First page that shows it'),
    bytes: column.text('Its first bytes'),
    path: column.text('Mapped file, or what the area is for'),
    hexdump: column.list('More of its bytes, a line each 16', { quiet: true }),
    file: column.text('Where it was written to', { quiet: true }),
  },
  *rows(kernel, options, io) {
    for (const task of processes(kernel)) {
      const pid = task.num('tgid');
      const memory = selected(options.pid, pid) ? userMemory(kernel, task) : undefined;
      if (memory === undefined) continue;
      const { space } = memory;
      for (const area of mmAreas(kernel, memory.mm)) {
        const found = suspicion(kernel, space, area);
        if (found === undefined) continue;
        const { start, end, protection, path } = area;
        const bytes = space.view(found.address, BYTES_IN_DUMP)?.slice();
        const name = `pid.${pid}.${start.toString(16)}-${end.toString(16)}.dmp`;
        yield {
          pid,
          process: task.text('comm'),
          start,
          end,
          protection,
          reasons: found.reasons,
          resident: residency(space, start, end).resident,
          address: found.address,
          bytes: bytes && hexBytes(bytes.subarray(0, BYTES_IN_LINE)),
          path,
          hexdump: bytes && hexDump(bytes, found.address),
          file: options.dump === true ? io.extract(name, residentChunks(space, start, end)) : undefined,
        };
      }
    }
  },
});
