/** `maps` of NT: the address ranges of each process (VADs). */
import { column } from '../../core/columns.js';
import { addressRanges } from '../../objects/windows/address-ranges.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { processes } from '../../objects/windows/processes.js';
import { COMMON_OPTIONS, definePlugin, option, selected } from '../plugin.js';

export default definePlugin({
  name: 'maps',
  scope: 'windows',
  common: true,
  summary: 'List the address ranges of each process',
  description:
    'The nodes of the tree of virtual address descriptors, ascending, with the protection that the range was made with; ' +
    'pages in it may have another one. Of mapped files the name.',
  aliases: ['windows.vadinfo.VadInfo', 'windows.vadwalk.VadWalk', 'vadinfo'],
  examples: ['maps -f memory.raw --pid 148', 'maps -f memory.raw --filter protection~EXECUTE_READWRITE'],
  options: {
    pid: COMMON_OPTIONS.pid,
    address: option.address('Only the range that contains this address'),
  },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    start: column.address('First address'),
    end: column.address('First address behind it'),
    protection: column.text('Access that it was made with'),
    path: column.text('Mapped file'),
    kind: column.text('private, mapped, image, …'),
    committed: column.integer('Pages that are paid for', { quiet: true }),
    offset: column.address('Address of the tree node', { quiet: true }),
  },
  *rows(kernel, options) {
    for (const process of processes(kernel)) {
      const pid = processId(process);
      if (!selected(options.pid, pid)) continue;
      const name = processName(process);
      for (const range of addressRanges(kernel, process)) {
        const { address } = options;
        if (address === undefined || (address >= range.start && address < range.end)) {
          yield { pid, process: name, ...range };
        }
      }
    }
  },
});
