/** `drivermodule`: drivers whose image is not on the list of modules, which is how a hidden one shows. */
import { column } from '../../core/columns.js';
import { driverObjects } from '../../objects/windows/driver-objects.js';
import { moduleAt } from '../../objects/windows/module-ranges.js';
import { unicodeString } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'drivermodule',
  scope: 'windows',
  summary: 'Compare driver objects with the list of modules',
  description:
    'Every driver object with the module that its image is, by the list of modules. Drivers that are parts of the kernel ' +
    'have no image of their own (base 0); any other one without a module is marked.',
  aliases: ['windows.drivermodule.DriverModule'],
  examples: ['windows drivermodule -f memory.raw --filter suspicious=true'],
  columns: {
    name: column.text('Name of the driver'),
    base: column.address('First address of its image'),
    size: column.size('Bytes of its image'),
    module: column.text('Module on the list that has this image'),
    initRoutine: column.address('Where the driver was entered', { quiet: true }),
    service: column.text('Registry key of its service'),
    suspicious: column.boolean('It has an image that is on no list'),
    offset: column.address('Address of the _DRIVER_OBJECT'),
  },
  *rows(kernel, _options, io) {
    for (const { view, name } of driverObjects(kernel, () => io.progress(0, 0, 'looking for drivers'))) {
      const base = view.ptr('DriverStart');
      const initRoutine = view.ptr('DriverInit');
      const extension = view.follow('DriverExtension');
      // What has no image is known by its routines.
      const place = base || initRoutine;
      const module = place === undefined || place === 0n ? undefined : moduleAt(kernel, place);
      yield {
        name,
        base,
        size: view.num('DriverSize'),
        module,
        initRoutine,
        service: extension && unicodeString(extension, 'ServiceKeyName'),
        suspicious: place !== undefined && place !== 0n && module === undefined,
        offset: view.address,
      };
    }
  },
});
