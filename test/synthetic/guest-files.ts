/** The synthetic guest's file system: one ext-like file system, mounted as the root, whose directories come as they are named. */
import type { GuestMemory } from './guest-memory.js';

const S_IFDIR = 0o40755;
const S_IFREG = 0o100644;

export class GuestFiles {
  /** Address of the root's `struct mount` and of its namespace. */
  readonly mount: bigint;
  readonly namespace: bigint;
  readonly root: bigint;
  readonly #memory: GuestMemory;
  readonly #superBlock: bigint;
  readonly #dentries = new Map<string, bigint>();

  constructor(memory: GuestMemory, symbol: (name: string, address: bigint) => bigint) {
    this.#memory = memory;
    const type = memory.make('heap', 'file_system_type', { name: memory.text('ext9') });
    this.#superBlock = memory.make('heap', 'super_block', {
      s_dev: (8 << 20) | 1,
      s_type: type,
      s_id: 'sda1',
      s_magic: 0xef53,
    });
    const superBlocks = symbol('super_blocks', memory.place('image', new Uint8Array(2 * memory.layouts.pointerSize)));
    memory.ring([superBlocks, memory.member(this.#superBlock, 'super_block', 's_list')]);
    this.root = memory.make('heap', 'dentry');
    memory.set(this.root, 'dentry', {
      d_parent: this.root,
      d_sb: this.#superBlock,
      d_inode: this.#inode(2, S_IFDIR),
      'd_name.name': memory.text('/'),
      'd_name.len': 1,
      'd_hash.pprev': 0,
    });
    this.#dentries.set('', this.root);
    memory.set(this.#superBlock, 'super_block', { s_root: this.root });
    this.namespace = memory.make('heap', 'mnt_namespace', { 'ns.inum': 0xf0000000, seq: 1 });
    this.mount = memory.make('heap', 'mount', {
      mnt_mountpoint: this.root,
      'mnt.mnt_root': this.root,
      'mnt.mnt_sb': this.#superBlock,
      mnt_devname: memory.text('/dev/sda1'),
      mnt_ns: this.namespace,
      mnt_id: 20,
    });
    memory.set(this.mount, 'mount', { mnt_parent: this.mount });
    memory.set(this.namespace, 'mnt_namespace', { root: this.mount });
    memory.ring([
      memory.member(this.namespace, 'mnt_namespace', 'list'),
      memory.member(this.mount, 'mount', 'mnt_list'),
    ]);
    memory.ring([
      memory.member(this.#superBlock, 'super_block', 's_mounts'),
      memory.member(this.mount, 'mount', 'mnt_instance'),
    ]);
    memory.ring([memory.member(this.#superBlock, 'super_block', 's_inodes')]);
  }

  /** Address of the root mount's `vfsmount`. */
  get vfsmount(): bigint {
    return this.#memory.member(this.mount, 'mount', 'mnt');
  }

  /** An open `struct file`. */
  open(
    path: string,
    inode: number,
    mode: { readonly access: string; readonly position: number; readonly deleted?: boolean | undefined },
  ): bigint {
    const memory = this.#memory;
    const dentry = this.#dentry(path, inode, mode.deleted === true);
    const bits = (mode.access.includes('r') ? 1 : 0) | (mode.access.includes('w') ? 2 : 0);
    return memory.make('heap', 'file', {
      f_mode: bits,
      f_flags: bits - 1,
      f_pos: mode.position,
      'f_path.mnt': this.vfsmount,
      'f_path.dentry': dentry,
      f_inode: this.#inode(inode, S_IFREG),
    });
  }

  #inode(number: number, mode: number): bigint {
    return this.#memory.make('heap', 'inode', {
      i_ino: number,
      i_mode: mode,
      i_sb: this.#superBlock,
      i_size: number * 100,
    });
  }

  #dentry(path: string, inode: number, deleted: boolean): bigint {
    const known = this.#dentries.get(path);
    if (known !== undefined) return known;
    const memory = this.#memory;
    const slash = path.lastIndexOf('/');
    const parent = this.#dentry(path.slice(0, slash), 1000 + this.#dentries.size, false);
    const name = Buffer.from(path.slice(slash + 1));
    const dentry = memory.make('heap', 'dentry', {
      d_parent: parent,
      d_sb: this.#superBlock,
      d_inode: this.#inode(inode, S_IFREG),
      'd_name.name': memory.place('heap', Buffer.concat([name, Buffer.from([0])]), 1),
      'd_name.len': name.length,
      // A hashed entry points back at its chain; an unlinked one is in none.
      'd_hash.pprev': deleted ? 0n : parent,
    });
    this.#dentries.set(path, dentry);
    return dentry;
  }
}
