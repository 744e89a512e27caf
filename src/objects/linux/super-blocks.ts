/** The file systems in use: `super_blocks`, and what each one is. */
import type { StructView } from '../struct-view.js';
import { pathOf } from './dentry-path.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries } from './lists.js';

/** Every `super_block`, internal ones (sockfs, bdev) among them, in the order of their making. */
export function superBlocks(kernel: LinuxKernel): Generator<StructView> {
  return listEntries(kernel, kernel.requireAddress('super_blocks'), 'super_block', 's_list');
}

/** `ext4`, or `fuse.sshfs` where the file system has a subtype. */
export function fileSystemType(superBlock: StructView): string | undefined {
  const name = superBlock.follow('s_type')?.textAt('name');
  const subtype = superBlock.textAt('s_subtype');
  return name === undefined || subtype === undefined || subtype === '' ? name : `${name}.${subtype}`;
}

/** SB_KERNMOUNT (include/linux/fs.h). */
const SB_KERNMOUNT = 1n << 22n;

/** True for a file system that the kernel made for itself: no options were given, and no limits apply to it. */
export function isKernelInternal(superBlock: StructView): boolean {
  return ((superBlock.big('s_flags') ?? 0n) & SB_KERNMOUNT) !== 0n;
}

/** Where a file system's own root can be reached, by one mount after another: most file systems have one. */
export function mountPoints(kernel: LinuxKernel, superBlock: StructView): string[] {
  const root = superBlock.ptr('s_root');
  const points = new Set<string>();
  if (root === undefined || root === 0n) return [];
  for (const mount of listEntries(kernel, superBlock.addressOf('s_mounts'), 'mount', 'mnt_instance')) {
    if (mount.ptr('mnt.mnt_root') !== root) continue;
    const path = pathOf(kernel, { mount: mount.addressOf('mnt'), dentry: root });
    if (path?.ended === 'root') points.add(path.text);
  }
  return [...points];
}
