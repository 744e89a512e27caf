/**
 * What an inode says of its file: kind, owner, size, times. Nothing of its names or contents.
 *
 * Times moved twice: `i_ctime` alone became `__i_ctime` in 6.6, all became pairs of seconds and nanoseconds in 6.11.
 * Source: include/linux/fs.h.
 */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

const NS_PER_SECOND = 1_000_000_000n;

/** Where the seconds and nanoseconds of each time lie, newest kernels first. */
const TIMES = {
  accessTime: [
    ['i_atime_sec', 'i_atime_nsec'],
    ['__i_atime.tv_sec', '__i_atime.tv_nsec'],
    ['i_atime.tv_sec', 'i_atime.tv_nsec'],
  ],
  modifyTime: [
    ['i_mtime_sec', 'i_mtime_nsec'],
    ['__i_mtime.tv_sec', '__i_mtime.tv_nsec'],
    ['i_mtime.tv_sec', 'i_mtime.tv_nsec'],
  ],
  changeTime: [
    ['i_ctime_sec', 'i_ctime_nsec'],
    ['__i_ctime.tv_sec', '__i_ctime.tv_nsec'],
    ['i_ctime.tv_sec', 'i_ctime.tv_nsec'],
  ],
} as const;

export type InodeTimes = { readonly [T in keyof typeof TIMES]: bigint | undefined };

/** Nanoseconds since 1970 UTC, as the inode has them. */
export function inodeTimes(inode: StructView): InodeTimes {
  return {
    accessTime: timeAt(inode, TIMES.accessTime),
    modifyTime: timeAt(inode, TIMES.modifyTime),
    changeTime: timeAt(inode, TIMES.changeTime),
  };
}

function timeAt(inode: StructView, places: (typeof TIMES)[keyof typeof TIMES]): bigint | undefined {
  const place = places.find(([seconds]) => inode.has(seconds));
  if (place === undefined) return undefined;
  const seconds = inode.big(place[0]);
  const nanoseconds = inode.big(place[1]);
  if (seconds === undefined || nanoseconds === undefined) return undefined;
  // Since 6.12 the upper bits of i_ctime_nsec hold a flag (I_CTIME_QUERIED).
  return seconds * NS_PER_SECOND + (nanoseconds & 0x3fff_ffffn);
}

/** File systems that keep the time of birth, by type: the structure around the inode, its inode and its time. */
const BIRTH: Readonly<Record<string, { readonly struct: string; readonly inode: string; readonly time: string }>> = {
  tmpfs: { struct: 'shmem_inode_info', inode: 'vfs_inode', time: 'i_crtime' },
  rootfs: { struct: 'shmem_inode_info', inode: 'vfs_inode', time: 'i_crtime' },
  devtmpfs: { struct: 'shmem_inode_info', inode: 'vfs_inode', time: 'i_crtime' },
  ext4: { struct: 'ext4_inode_info', inode: 'vfs_inode', time: 'i_crtime' },
  btrfs: { struct: 'btrfs_inode', inode: 'vfs_inode', time: 'i_otime' },
};

/** When the file was made, where its file system remembers that and the profile knows where; else undefined. */
export function birthTime(kernel: LinuxKernel, inode: StructView, fileSystem: string | undefined): bigint | undefined {
  const place = fileSystem === undefined ? undefined : BIRTH[fileSystem];
  if (place === undefined || kernel.field(place.struct, `${place.time}.tv_sec`) === undefined) return undefined;
  const info = inode.containedIn(place.struct, place.inode);
  const seconds = info.big(`${place.time}.tv_sec`);
  const nanoseconds = info.big(`${place.time}.tv_nsec`);
  return seconds === undefined || nanoseconds === undefined ? undefined : seconds * NS_PER_SECOND + nanoseconds;
}
