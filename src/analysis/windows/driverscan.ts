/** `driverscan`: drivers as the I/O manager knows them. */
import { column } from '../../core/columns.js';
import { objectPath } from '../../objects/windows/object-header.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
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
  *rows(kernel) {
    for (const { header, body } of scanObjects(kernel, ['Driver'])) {
      const driver = kernel.struct('_DRIVER_OBJECT', body);
      const extension = driver.follow('DriverExtension');
      yield {
        name: objectPath(kernel, header),
        base: driver.ptr('DriverStart'),
        size: driver.num('DriverSize'),
        service: extension && unicodeString(extension, 'ServiceKeyName'),
        offset: body,
      };
    }
  },
});
