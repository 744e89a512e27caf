/** `hivelist`: the registry hives that are loaded. */
import { column } from '../../core/columns.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'hivelist',
  scope: 'windows',
  summary: 'List the registry hives that are loaded',
  description: 'Hives on the list of the configuration manager. Volatile ones, such as HARDWARE, have no file.',
  aliases: ['windows.registry.hivelist.HiveList'],
  examples: ['windows hivelist -f memory.raw'],
  columns: {
    key: column.text('Registry key that it hangs at'),
    path: column.text('File, as it was opened'),
    name: column.text('File, as it was named by whoever loaded it', { quiet: true }),
    size: column.size('Bytes of cells that are kept in the file'),
    volatileSize: column.size('Bytes of cells that are not'),
    offset: column.address('Address of the _CMHIVE'),
  },
  *rows(kernel) {
    for (const { hive, mount } of loadedHives(kernel)) {
      yield {
        key: mount,
        path: hive.path,
        name: hive.userName,
        size: hive.size(false),
        volatileSize: hive.size(true),
        offset: hive.view.address,
      };
    }
  },
});
