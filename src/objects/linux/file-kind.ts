/**
 * What kind of thing an open file is: by its inode's mode, by the file system that made it up, and for anonymous
 * inodes (which all share one inode) by the name the kernel gave them. Says nothing of what is in it.
 */
import type { StructView } from '../struct-view.js';
import { type InodeKind, inodeKind } from './open-flags.js';

/** File systems that nobody mounts, with what their files are. */
const PSEUDO_FILE_SYSTEMS: Readonly<Record<string, string>> = {
  sockfs: 'socket',
  pipefs: 'pipe',
  nsfs: 'namespace',
  pidfs: 'pidfd',
  dmabuf: 'dmabuf',
  secretmem: 'secretmem',
};

/** Where the mode tells something else than the plain word. */
const MODE_KINDS: Readonly<Partial<Record<InodeKind, string>>> = {
  character: 'char device',
  block: 'block device',
  // Only by O_PATH: a connected socket's inode lies on sockfs.
  socket: 'socket file',
};

const ANONYMOUS = 'anon_inode:';
const MEMFD = '/memfd:';

/**
 * `file`, `directory`, `char device`, `block device`, `fifo`, `pipe`, `socket`, `memfd`, `namespace`, `pidfd`, or for
 * an anonymous inode its kind: `eventfd`, `eventpoll`, `timerfd`, `inotify`, `signalfd`, `bpf-map`, `io_uring`, …;
 * undefined when the inode is unreadable.
 *
 * @param name what readlink says of it
 */
export function fileKind(inode: StructView | undefined, name: string | undefined): string | undefined {
  if (name?.startsWith(ANONYMOUS)) return name.slice(ANONYMOUS.length).replace(/^\[(.*)\]$/, '$1');
  if (name?.startsWith(MEMFD)) return 'memfd';
  const fileSystem = inode?.follow('i_sb')?.follow('s_type')?.textAt('name');
  const made = fileSystem === undefined ? undefined : PSEUDO_FILE_SYSTEMS[fileSystem];
  if (made !== undefined) return made;
  const mode = inode?.num('i_mode');
  const kind = mode === undefined ? undefined : inodeKind(mode);
  return kind === undefined ? undefined : (MODE_KINDS[kind] ?? kind);
}
