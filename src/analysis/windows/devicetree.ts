/** `devicetree`: drivers, their devices, and the devices of other drivers that stand on these. */
import { column } from '../../core/columns.js';
import { DEVICE_TYPES } from '../../objects/windows/device-types.js';
import { deviceName, devicesAbove, devicesOf, driverObjects } from '../../objects/windows/driver-objects.js';
import { unicodeString } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'devicetree',
  scope: 'windows',
  summary: 'Show drivers, their devices and what is attached to them',
  description:
    'Every driver object (depth 0), its devices (1), and the stack of devices that others have attached to each (2 and ' +
    'more): keyboard, file and network filters show here, those that were not asked for too.',
  aliases: ['windows.devicetree.DeviceTree'],
  examples: ['windows devicetree -f memory.raw'],
  columns: {
    depth: column.integer('0: driver, 1: its device, 2 and more: attached to the one above'),
    driver: column.text('Name of the driver'),
    device: column.text('Name of the device'),
    type: column.text('Type of the device (FILE_DEVICE_…)'),
    offset: column.address('Address of the object'),
  },
  *rows(kernel, _options, io) {
    const typeOf = (number: number | undefined) =>
      number === undefined ? undefined : (DEVICE_TYPES[number] ?? `${number}`);
    for (const { view, name } of driverObjects(kernel, () => io.progress(0, 0, 'looking for drivers'))) {
      yield { depth: 0, driver: name, offset: view.address };
      for (const device of devicesOf(view)) {
        const type = typeOf(device.num('DeviceType'));
        yield { depth: 1, driver: name, device: deviceName(kernel, device), type, offset: device.address };
        let depth = 2;
        for (const above of devicesAbove(device)) {
          const owner = above.follow('DriverObject');
          yield {
            depth: depth++,
            driver: owner && unicodeString(owner, 'DriverName'),
            device: deviceName(kernel, above),
            type: typeOf(above.num('DeviceType')),
            offset: above.address,
          };
        }
      }
    }
  },
});
