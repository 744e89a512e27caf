/** `filesystems`: the file systems in use, mounted or internal. Who mounted them where is `mounts`'s. */
import { column } from '../../core/columns.js';
import { deviceText } from '../../objects/linux/open-flags.js';
import { fileSystemType, mountPoints, superBlocks } from '../../objects/linux/super-blocks.js';
import { superOptions } from '../../objects/linux/super-options.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'filesystems',
  scope: 'linux',
  summary: 'List file systems in use',
  description:
    "The kernel's super blocks in the order of their making, internal file systems (sockfs, bdev) among them.",
  examples: ['linux filesystems -f memory.raw'],
  columns: {
    type: column.text('Type of the file system'),
    device: column.text('major:minor'),
    id: column.text('Name of the block device, or the type'),
    options: column.list('Options of the file system'),
    mountPoints: column.list('Where its root is mounted, in all namespaces'),
    blockSize: column.size('Bytes of a block', { quiet: true }),
    magic: column.mask('Magic number', { quiet: true }),
    flags: column.mask('Flags (SB_*)', { quiet: true }),
    root: column.address('Address of the root dentry', { quiet: true }),
    offset: column.address('Address of the super_block'),
  },
  diff: { kind: 'file system', identity: ['offset', 'type', 'device'], describe: (row) => `${row.type} ${row.device}` },
  *rows(kernel) {
    for (const superBlock of superBlocks(kernel)) {
      const device = superBlock.num('s_dev');
      yield {
        type: fileSystemType(superBlock),
        device: device === undefined ? undefined : deviceText(device),
        id: superBlock.text('s_id'),
        options: superOptions(kernel, superBlock),
        mountPoints: mountPoints(kernel, superBlock),
        blockSize: superBlock.num('s_blocksize'),
        magic: superBlock.big('s_magic'),
        flags: superBlock.big('s_flags'),
        root: superBlock.ptr('s_root'),
        offset: superBlock.address,
      };
    }
  },
});
