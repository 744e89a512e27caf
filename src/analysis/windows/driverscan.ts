/** `driverscan`: drivers as the I/O manager knows them. */
import { column } from '../../core/columns.js';
import { driverObjects } from '../../objects/windows/driver-objects.js';
import { unicodeString } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'driverscan',
  scope: 'windows',
  summary: 'Find driver objects in memory',
  description:
    'Drivers as the I/O manager knows them. Found in pool blocks of the kernel, whether or not a name or a handle still leads to them.',
  aliases: ['windows.driverscan.DriverScan'],
  examples: ['windows driverscan -f memory.raw'],
  columns: {
    name: column.text('Name, with the folders it is in'),
    base: column.address('First address of its image'),
    size: column.size('Bytes of its image'),
    service: column.text('Registry key of its service'),
    offset: column.address('Address of the _DRIVER_OBJECT'),
  },
  *rows(kernel, _options, io) {
    for (const { view, name } of driverObjects(kernel, () => io.progress(0, 0, 'looking for drivers'))) {
      const extension = view.follow('DriverExtension');
      yield {
        name,
        base: view.ptr('DriverStart'),
        size: view.num('DriverSize'),
        service: extension && unicodeString(extension, 'ServiceKeyName'),
        offset: view.address,
      };
    }
  },
});
