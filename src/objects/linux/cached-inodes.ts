/** The inodes that the kernel keeps in memory, by file system, with the names that lead to them. */
import type { StructView } from '../struct-view.js';
import { fileSystemPath, isUnhashed } from './file-system-path.js';
import type { LinuxKernel } from './kernel.js';
import { hlistEntries, listEntries } from './lists.js';
import { deviceText, inodeKind } from './open-flags.js';
import { pseudoName } from './pseudo-names.js';
import { mountPoints } from './super-blocks.js';

export interface InodeName {
  /** From the root of the namespace where the file system is mounted, else from its own root; or a made-up name. */
  readonly path: string | undefined;
  /** No directory entry leads to the inode any more. */
  readonly deleted: boolean;
}

/** The inodes on a super block's list, newest first. */
export function inodesOf(kernel: LinuxKernel, superBlock: StructView): Generator<StructView> {
  return listEntries(kernel, superBlock.addressOf('s_inodes'), 'inode', 'i_sb_list');
}

/** Names the inodes of one file system. */
export function inodeNamer(kernel: LinuxKernel, superBlock: StructView): (inode: StructView) => InodeName {
  const mountPoint = mountPoints(kernel, superBlock).find((point) => point !== '/') ?? '';
  return (inode) => {
    const dentry = firstAlias(kernel, inode);
    const unlinked = inode.num('i_nlink') === 0;
    if (dentry === undefined) return { path: blockDeviceName(inode), deleted: unlinked };
    const made = dentry.ptr('d_parent') === dentry.address ? pseudoName(kernel, dentry) : undefined;
    // That it is deleted is said beside the name here.
    if (made !== undefined) return { path: made.replace(/ \(deleted\)$/, ''), deleted: unlinked };
    const path = fileSystemPath(kernel, dentry);
    const whole = path === '/' && mountPoint !== '' ? mountPoint : path && `${mountPoint}${path}`;
    return { path: whole, deleted: unlinked || isUnhashed(dentry) };
  };
}

/** The directory entry of an inode; a linked one is preferred where it has several. */
function firstAlias(kernel: LinuxKernel, inode: StructView): StructView | undefined {
  let first: StructView | undefined;
  for (const dentry of hlistEntries(kernel, inode.addressOf('i_dentry'), 'dentry', 'd_u.d_alias')) {
    if (!isUnhashed(dentry)) return dentry;
    first ??= dentry;
  }
  return first;
}

/** `bdev:[7:7]` for the inode that stands for a block device itself, whose pages are the device's. */
function blockDeviceName(inode: StructView): string | undefined {
  const mode = inode.num('i_mode');
  const device = inode.num('i_rdev');
  const isDevice = mode !== undefined && inodeKind(mode) === 'block';
  return isDevice && device !== undefined ? `bdev:[${deviceText(device)}]` : undefined;
}
