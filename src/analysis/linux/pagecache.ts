/** `pagecache`: files as the kernel keeps them in memory, to list and to recover. Open files are `handles`'s. */
import { column } from '../../core/columns.js';
import { inodeNamer, inodesOf } from '../../objects/linux/cached-inodes.js';
import { birthTime, inodeTimes } from '../../objects/linux/inode-facts.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { deviceText, inodeKind, modeText } from '../../objects/linux/open-flags.js';
import { cachedContents } from '../../objects/linux/page-cache.js';
import { fileSystemType, isKernelInternal, mountPoints, superBlocks } from '../../objects/linux/super-blocks.js';
import type { StructView } from '../../objects/struct-view.js';
import { definePlugin, option, type PluginIo } from '../plugin.js';

export default definePlugin({
  name: 'pagecache',
  scope: 'linux',
  summary: 'List and recover the files that are cached in memory',
  description:
    'Every inode in memory, by file system, with the number of its pages in the page cache: for tmpfs and the initial ' +
    'root the whole file, for disks what was used of late. With --dump and --output the cached pages are written out, ' +
    'each at its place, what is not in memory left as a hole. Deleted files live here as long as something holds them. ' +
    'File systems that the kernel keeps for itself (sockets, pipes, unmounted debugfs) are shown as far as they have pages.',
  aliases: ['linux.pagecache.Files', 'linux.pagecache.InodePages', 'linux.pagecache.RecoverFs'],
  examples: [
    'linux pagecache -f memory.raw --path /tmp',
    'linux pagecache -f memory.raw --dump --output files',
    'linux pagecache -f memory.raw --inode 0xffff8e0cc2822c00 --dump --output files',
  ],
  options: {
    path: option.text('Only files at or below this path'),
    inode: option.address('Only the inode at this address'),
    cached: option.boolean('Only files with pages in memory'),
    dump: option.boolean('Write the cached contents of files and block devices into the output folder, as a tree'),
  },
  columns: {
    path: column.text('Path, or made-up name of files that are nowhere'),
    mode: column.text('Kind and permissions'),
    size: column.size('Size of the file'),
    cachedPages: column.integer('Pages of it in memory'),
    modifyTime: column.time('Contents last changed'),
    accessTime: column.time('Contents last read', { quiet: true }),
    changeTime: column.time('Inode last changed', { quiet: true }),
    birthTime: column.time('File made', { quiet: true }),
    uid: column.integer('Owner'),
    gid: column.integer('Group'),
    links: column.integer('Number of names', { quiet: true }),
    deleted: column.boolean('No name leads to it any more'),
    target: column.text('Where a symbolic link leads', { quiet: true }),
    fsType: column.text('Type of the file system'),
    device: column.text('major:minor of the file system', { quiet: true }),
    inode: column.integer('Inode number'),
    mapping: column.address('Address of the address_space', { quiet: true }),
    offset: column.address('Address of the inode'),
    file: column.text('Where its contents were written'),
  },
  timeline: {
    events: {
      birthTime: 'file made',
      modifyTime: 'file modified',
      accessTime: 'file accessed',
      changeTime: 'inode changed',
    },
    describe: (row) => `${row.path ?? `inode ${row.inode}`}${row.deleted ? ' (deleted)' : ''}`,
  },
  *rows(kernel, options, io) {
    for (const superBlock of superBlocks(kernel)) {
      const nameOf = inodeNamer(kernel, superBlock);
      const fsType = fileSystemType(superBlock);
      const number = superBlock.num('s_dev');
      const device = number === undefined ? undefined : deviceText(number);
      const hidden = isKernelInternal(superBlock) && mountPoints(kernel, superBlock).length === 0;
      for (const inode of inodesOf(kernel, superBlock)) {
        if (options.inode !== undefined && inode.address !== options.inode) continue;
        const cachedPages = inode.num('i_data.nrpages');
        if ((hidden || options.cached === true) && cachedPages === 0) continue;
        const name = nameOf(inode);
        if (options.path !== undefined && !isBelow(name.path, options.path)) continue;
        const file = options.dump === true ? recover(kernel, inode, name.path, device, io) : undefined;
        yield { ...name, ...facts(kernel, inode, fsType), cachedPages, fsType, device, file };
      }
    }
  },
});

function facts(kernel: LinuxKernel, inode: StructView, fsType: string | undefined) {
  const mode = inode.num('i_mode');
  const isLink = mode !== undefined && inodeKind(mode) === 'link';
  return {
    mode: mode === undefined ? undefined : modeText(mode),
    size: inode.big('i_size'),
    ...inodeTimes(inode),
    birthTime: birthTime(kernel, inode, fsType),
    uid: inode.num('i_uid.val'),
    gid: inode.num('i_gid.val'),
    links: inode.num('i_nlink'),
    target: isLink ? inode.textAt('i_link') : undefined,
    inode: inode.big('i_ino'),
    mapping: inode.ptr('i_mapping'),
    offset: inode.address,
  };
}

function isBelow(path: string | undefined, wanted: string): boolean {
  const folder = wanted.replace(/\/+$/, '');
  return path !== undefined && (path === folder || path.startsWith(`${folder}/`));
}

/** What has contents of its own. A block device's are the blocks that were read through it: directories, inodes. */
const RECOVERABLE: ReadonlySet<string | undefined> = new Set(['file', 'block']);

/** Writes a file's cached contents under its own path; files without a name go by device and inode number. */
function recover(
  kernel: LinuxKernel,
  inode: StructView,
  path: string | undefined,
  device: string | undefined,
  io: PluginIo,
): string | undefined {
  const mode = inode.num('i_mode');
  if (mode === undefined || !RECOVERABLE.has(inodeKind(mode)) || inode.num('i_data.nrpages') === 0) return undefined;
  const name = path ?? `nameless/${device ?? 'unknown'}-${inode.big('i_ino') ?? inode.address.toString(16)}`;
  return io.extract(
    name.split('/').filter((part) => part !== ''),
    cachedContents(kernel, inode),
  );
}
