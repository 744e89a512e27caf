/** Which processes have a socket open: from the descriptors of all processes to `struct sock`. */
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { allOpenFiles, type OpenFile } from '../open-files.js';
import { inodeKind } from '../open-flags.js';

const MEMO = Symbol('socket owners');

/** SOCKFS_MAGIC (include/uapi/linux/magic.h): sockets proper, not the socket files of other file systems. */
const SOCKFS_MAGIC = 0x534f434b;

/** The open files of all processes, by the address of the `struct sock` behind them. */
export function socketOwners(kernel: LinuxKernel): ReadonlyMap<bigint, readonly OpenFile[]> {
  return kernel.memo(MEMO, () => {
    const owners = new Map<bigint, OpenFile[]>();
    for (const open of allOpenFiles(kernel)) {
      const sock = sockOf(open.file)?.address;
      if (sock === undefined) continue;
      const known = owners.get(sock);
      if (known === undefined) owners.set(sock, [open]);
      else known.push(open);
    }
    return owners;
  });
}

/** The `struct sock` behind an open file; undefined when the file is no socket. */
export function sockOf(file: StructView): StructView | undefined {
  const inode = file.follow('f_inode');
  const mode = inode?.num('i_mode');
  if (inode === undefined || mode === undefined || inodeKind(mode) !== 'socket') return undefined;
  if (inode.follow('i_sb')?.big('s_magic') !== BigInt(SOCKFS_MAGIC)) return undefined;
  // The socket lies beside its inode, whatever the file's private_data says.
  return inode.containedIn('socket_alloc', 'vfs_inode').at('socket').follow('sk');
}
