/** `filescan`: files, folders and devices that are or were open. */
import { column } from '../../core/columns.js';
import { fileName } from '../../objects/windows/file-name.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'filescan',
  scope: 'windows',
  summary: 'Find file objects in memory',
  description:
    'Files, folders and devices that are or were open. Found in pool blocks of the kernel, whether or not a name or a handle still leads to them.',
  aliases: ['windows.filescan.FileScan'],
  examples: ['windows filescan -f memory.raw'],
  columns: {
    name: column.text('Device and path'),
    references: column.integer('References that are held', { quiet: true }),
    handles: column.integer('Handles that are open', { quiet: true }),
    offset: column.address('Address of the _FILE_OBJECT'),
  },
  *rows(kernel) {
    for (const { header, body } of scanObjects(kernel, ['File'])) {
      const references = header.num('PointerCount');
      const handles = header.num('HandleCount');
      const name = fileName(kernel, kernel.struct('_FILE_OBJECT', body));
      yield { name, references, handles, offset: body };
    }
  },
});
