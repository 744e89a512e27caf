/** `symlinkscan`: names that stand for other names: drive letters, device aliases. */
import { column } from '../../core/columns.js';
import { objectPath } from '../../objects/windows/object-header.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { unixTime } from '../../objects/windows/times.js';
import { unicodeString } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'symlinkscan',
  scope: 'windows',
  summary: 'Find symbolic links of the object manager in memory',
  description:
    'Names that stand for other names: drive letters, device aliases. Found in pool blocks of the kernel, whether or not a name or a handle still leads to them.',
  aliases: ['windows.symlinkscan.SymlinkScan'],
  examples: ['windows symlinkscan -f memory.raw'],
  columns: {
    name: column.text('Name, with the folders it is in'),
    target: column.text('What it stands for'),
    createTime: column.time('When it was made'),
    offset: column.address('Address of the _OBJECT_SYMBOLIC_LINK'),
  },
  *rows(kernel) {
    for (const { header, body } of scanObjects(kernel, ['SymbolicLink'])) {
      const link = kernel.struct('_OBJECT_SYMBOLIC_LINK', body);
      yield {
        name: objectPath(kernel, header),
        target: unicodeString(link, 'LinkTarget'),
        createTime: unixTime(link.big('CreationTime.QuadPart')),
        offset: body,
      };
    }
  },
});
