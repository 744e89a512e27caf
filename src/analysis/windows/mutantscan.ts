/** `mutantscan`: mutexes (mutants), with the thread that holds them. */
import { column } from '../../core/columns.js';
import { objectPath } from '../../objects/windows/object-header.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'mutantscan',
  scope: 'windows',
  summary: 'Find mutexes in memory',
  description:
    'Mutexes (mutants), with the thread that holds them. Found in pool blocks of the kernel, whether or not a name or a handle still leads to them.',
  aliases: ['windows.mutantscan.MutantScan'],
  examples: ['windows mutantscan -f memory.raw'],
  columns: {
    name: column.text('Name, with the folders it is in'),
    owner: column.integer('Thread that holds it'),
    ownerPid: column.integer('Process of that thread'),
    references: column.integer('References that are held', { quiet: true }),
    handles: column.integer('Handles that are open', { quiet: true }),
    offset: column.address('Address of the _KMUTANT'),
  },
  *rows(kernel) {
    for (const { header, body } of scanObjects(kernel, ['Mutant'])) {
      const references = header.num('PointerCount');
      const handles = header.num('HandleCount');
      const thread = kernel.struct('_KMUTANT', body).follow('OwnerThread')?.as('_ETHREAD');
      yield {
        name: objectPath(kernel, header),
        owner: thread?.num('Cid.UniqueThread'),
        ownerPid: thread?.num('Cid.UniqueProcess'),
        references,
        handles,
        offset: body,
      };
    }
  },
});
