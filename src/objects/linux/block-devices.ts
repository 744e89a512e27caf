/**
 * Block devices and what stands behind them: disks, partitions, loop devices with their backing files.
 *
 * Every device that was opened has an inode on the internal file system `bdev`; since 5.11 every one that exists.
 * Source: block/bdev.c (fs/block_dev.c until 5.13), include/linux/blk_types.h, drivers/block/loop.c.
 */
import type { StructView } from '../struct-view.js';
import { filePath } from './area-name.js';
import { inodesOf } from './cached-inodes.js';
import type { LinuxKernel } from './kernel.js';
import { deviceText } from './open-flags.js';
import { fileSystemType, mountPoints, superBlocks } from './super-blocks.js';

export interface BlockDevice {
  /** `major:minor`. */
  readonly device: string | undefined;
  readonly name: string | undefined;
  /** Bytes. */
  readonly size: bigint | undefined;
  readonly readOnly: boolean | undefined;
  /** Type of the file system on it that is in use, and where it is mounted. */
  readonly fsType: string | undefined;
  readonly mountPoints: readonly string[];
  /** For a loop device the file behind it. */
  readonly backingFile: string | undefined;
  readonly backingOffset: bigint | undefined;
  /** Pages of the device itself in the page cache. */
  readonly cachedPages: number | undefined;
  /** Address of the `block_device`. */
  readonly offset: bigint;
}

export function* blockDevices(kernel: LinuxKernel): Generator<BlockDevice> {
  const systems = [...superBlocks(kernel)];
  const internal = systems.find((each) => fileSystemType(each) === 'bdev');
  if (internal === undefined) return;
  for (const inode of inodesOf(kernel, internal)) {
    const device = inode.containedIn('bdev_inode', 'vfs_inode').at('bdev');
    // The file system's own root has an inode as well, with no device behind it.
    const disk = device.ptr('bd_disk') === 0n ? undefined : device.follow('bd_disk');
    if (disk === undefined) continue;
    const number = device.num('bd_dev');
    const user = systems.find((each) => each.ptr('s_bdev') === device.address);
    yield {
      device: number === undefined ? undefined : deviceText(number),
      name: nameOf(device, disk),
      size: inode.big('i_size'),
      readOnly: isReadOnly(device),
      fsType: user && fileSystemType(user),
      mountPoints: user === undefined ? [] : mountPoints(kernel, user),
      ...backing(kernel, disk),
      cachedPages: inode.num('i_data.nrpages'),
      offset: device.address,
    };
  }
}

/** bd_partno is a member of its own until 6.9, the lowest byte of `__bd_flags` since. */
function partition(device: StructView): number | undefined {
  if (device.has('bd_partno')) return device.num('bd_partno');
  const flags = device.has('__bd_flags') ? device.num('__bd_flags.counter') : 0;
  return flags === undefined ? undefined : flags & 0xff;
}

/** `sda1`, and `nvme0n1p1` where the disk's name ends in a digit (disk_name in block/partitions). */
function nameOf(device: StructView, disk: StructView): string | undefined {
  const name = disk.text('disk_name');
  const number = partition(device);
  if (name === undefined || number === undefined || number === 0) return name;
  return `${name}${/\d$/.test(name) ? 'p' : ''}${number}`;
}

/** BD_READ_ONLY, bit 8 of `__bd_flags` since 6.10; bd_read_only since 5.11; of partitions and disks apart before. */
const BD_READ_ONLY = 0x100;

function isReadOnly(device: StructView): boolean | undefined {
  if (device.has('bd_read_only')) return device.num('bd_read_only') === 1;
  if (!device.has('__bd_flags')) return undefined;
  const flags = device.num('__bd_flags.counter');
  return flags === undefined ? undefined : (flags & BD_READ_ONLY) !== 0;
}

/** LOOP_MAJOR (include/uapi/linux/major.h). */
const LOOP_MAJOR = 7;

/** The driver is a module on most distributions: without its types nothing is said of the file. */
function backing(kernel: LinuxKernel, disk: StructView): Pick<BlockDevice, 'backingFile' | 'backingOffset'> {
  const known = disk.num('major') === LOOP_MAJOR && kernel.field('loop_device', 'lo_backing_file') !== undefined;
  const loop = known ? disk.follow('private_data', 'loop_device') : undefined;
  const file = loop?.follow('lo_backing_file');
  return {
    backingFile: file && filePath(kernel, file),
    backingOffset: file && loop?.big('lo_offset'),
  };
}
