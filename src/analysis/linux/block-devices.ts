/** `block-devices`: disks, partitions and loop devices. The file systems on them are `filesystems`'s and `mounts`'s. */
import { column } from '../../core/columns.js';
import { blockDevices } from '../../objects/linux/block-devices.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'block-devices',
  scope: 'linux',
  summary: 'List disks, partitions and loop devices',
  description:
    'Block devices with size, use and, for loop devices, the file behind them (when the types of the loop module are ' +
    'known). `pagecache --dump` recovers what is cached of a device.',
  examples: ['linux block-devices -f memory.raw'],
  columns: {
    device: column.text('major:minor'),
    name: column.text('Name'),
    size: column.size('Size'),
    readOnly: column.boolean('Cannot be written to'),
    fsType: column.text('File system on it that is in use'),
    mountPoints: column.list('Where that is mounted'),
    backingFile: column.text('File behind a loop device'),
    backingOffset: column.size('Where in that file the device begins', { quiet: true }),
    cachedPages: column.integer('Pages of the device in the page cache', { quiet: true }),
    offset: column.address('Address of the block_device', { quiet: true }),
  },
  *rows(kernel) {
    yield* blockDevices(kernel);
  },
});
