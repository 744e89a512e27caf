import { expect, it } from 'vitest';
import { onEveryImage } from '../../analysis/on-every-image.js';

onEveryImage('types of modules', (opened) => {
  it('knows the structures of loaded modules, and those of no others', () => {
    const { kernel } = opened();
    if (kernel.location.architecture !== 'amd64') {
      // i386 kernels of Debian carry no BTF, and so do their modules.
      expect(kernel.profile.types.struct('no_such_structure')).toBeUndefined();
      return;
    }
    // loop, ext4 and nf_tables are loaded modules of these guests; btrfs is none.
    const found = ['loop_device', 'ext4_inode_info', 'nft_chain', 'btrfs_inode'].map((name) => [
      name,
      kernel.profile.types.struct(name) !== undefined,
    ]);
    expect(Object.fromEntries(found)).toEqual({
      loop_device: true,
      ext4_inode_info: true,
      nft_chain: true,
      btrfs_inode: false,
    });
    // include of fs/ext4/ext4.h: the inode that the file system layer knows lies inside.
    const inode = kernel.profile.types.struct('ext4_inode_info')?.fields.get('vfs_inode');
    expect(inode?.type).toEqual({ kind: 'struct', name: 'inode' });
  });
});
