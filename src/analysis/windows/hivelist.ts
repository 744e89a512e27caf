/** `hivelist`: the registry hives that are loaded. */
import { PAGE_SIZE } from '../../core/address.js';
import { column } from '../../core/columns.js';
import { listEntries } from '../../objects/windows/lists.js';
import { unicodeString } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'hivelist',
  scope: 'windows',
  summary: 'List the registry hives that are loaded',
  description: 'Hives on the list of the configuration manager. Volatile ones, such as HARDWARE, have no file.',
  aliases: ['windows.registry.hivelist.HiveList'],
  examples: ['windows hivelist -f memory.raw'],
  columns: {
    path: column.text('File, as it was opened'),
    name: column.text('File, as it was named by whoever loaded it'),
    size: column.size('Bytes of cells that are kept in the file'),
    volatileSize: column.size('Bytes of cells that are not'),
    offset: column.address('Address of the _CMHIVE'),
  },
  *rows(kernel) {
    // ReactOS counts in blocks.
    const unit = kernel.isReactOS ? PAGE_SIZE : 1;
    const bytes = (length: number | undefined) => (length === undefined ? undefined : length * unit);
    const head = kernel.requireAddress('CmpHiveListHead');
    for (const hive of listEntries(kernel, head, '_CMHIVE', 'HiveList')) {
      const storage = hive.at('Hive.Storage');
      yield {
        path: unicodeString(hive, 'FileFullPath') || undefined,
        name: unicodeString(hive, 'FileUserName') || undefined,
        size: bytes(storage.num('Length')),
        volatileSize: bytes(storage.sibling(1).num('Length')),
        offset: hive.address,
      };
    }
  },
});
