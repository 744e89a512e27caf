/** `malfind` of NT: memory that may hold injected code, with the reasons. It does not say what the code does. */
import { column } from '../../core/columns.js';
import { hexBytes, hexDump } from '../../core/hex-dump.js';
import { residentChunks } from '../../objects/resident-chunks.js';
import { addressRanges } from '../../objects/windows/address-ranges.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { rangeSuspicion } from '../../objects/windows/suspicious-ranges.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

const BYTES_IN_LINE = 16;
const BYTES_IN_DUMP = 64;

export default definePlugin({
  name: 'malfind',
  scope: 'windows',
  common: true,
  summary: 'Find memory of processes that may hold injected code',
  description:
    'Executable memory without a file, memory that is writable and executable, and pages that became executable after ' +
    'their range was made without (where the processor has a no-execute bit), as far as something other than zeroes is in ' +
    'memory. Every row says why. Just-in-time compilers do such things too.',
  aliases: ['windows.malfind.Malfind', 'windows.malware.malfind.Malfind'],
  examples: ['malfind -f memory.raw', 'malfind -f memory.raw --pid 126 --dump -o out'],
  options: { pid: COMMON_OPTIONS.pid, dump: option.boolean('Write each range found to a file') },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First address of the range'),
    end: column.address('First address behind it'),
    protection: column.text('Access that it was made with'),
    reasons: column.list('Why it is shown'),
    resident: column.size('Bytes of it in memory'),
    address: column.address('First page that shows it'),
    bytes: column.text('Its first bytes'),
    path: column.text('Mapped file'),
    hexdump: column.list('More of its bytes, a line each 16', { quiet: true }),
    file: column.text('Where it was written to', { quiet: true }),
  },
  *rows(kernel, options, io) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      const space = selected(options.pid, pid) ? kernel.processSpace(process) : undefined;
      if (space === undefined) continue;
      for (const range of addressRanges(kernel, process)) {
        const found = rangeSuspicion(space, range);
        if (found === undefined) continue;
        const { start, end, protection, path } = range;
        const bytes = space.view(found.address, BYTES_IN_DUMP)?.slice();
        const name = `pid.${pid}.${start.toString(16)}-${end.toString(16)}.dmp`;
        let resident = 0;
        for (const chunk of residentChunks(space, start, end)) resident += chunk.bytes.length;
        yield {
          pid,
          process: processName(process),
          start,
          end,
          protection,
          reasons: found.reasons,
          resident,
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
