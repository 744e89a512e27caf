/**
 * Options of a mounted file system that belong to the file system itself, as the last field of mountinfo has them.
 *
 * The general flags of every file system, and the own options of those whose structures are part of every kernel (tmpfs
 * and its kin, devpts) or tell something to an analyst (overlay). Other file systems' own options are not shown.
 */
import { readPointer, type StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';
import { isKernelInternal } from './super-blocks.js';

/** SB_* (include/linux/fs.h), in the order of show_sb_opts in fs/proc_namespace.c. */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [1 << 4, 'sync'],
  [1 << 7, 'dirsync'],
  [1 << 6, 'mand'],
  [1 << 25, 'lazytime'],
];
const SB_READ_ONLY = 1;

interface OwnOptions {
  /** The structure behind `s_fs_info`. */
  readonly struct: string;
  options(kernel: LinuxKernel, info: StructView): string[];
}

const TMPFS_MAGIC = 0x01021994;
const DEVPTS_MAGIC = 0x1cd1;
const OVERLAY_MAGIC = 0x794c7630;

/** By `s_magic` (include/uapi/linux/magic.h); rootfs and devtmpfs are tmpfs underneath. */
const OWN: Readonly<Record<number, OwnOptions>> = {
  [TMPFS_MAGIC]: { struct: 'shmem_sb_info', options: tmpfsOptions },
  [DEVPTS_MAGIC]: { struct: 'pts_fs_info', options: devptsOptions },
  [OVERLAY_MAGIC]: { struct: 'ovl_fs', options: overlayOptions },
};

/** `['rw', 'size=16384k', …]`; undefined when the flags are unreadable. */
export function superOptions(kernel: LinuxKernel, superBlock: StructView): string[] | undefined {
  // SB_NOUSER is bit 31, sign-extended by some kernels into an unsigned long.
  const word = superBlock.big('s_flags');
  if (word === undefined) return undefined;
  const flags = Number(BigInt.asIntN(32, word));
  const magic = superBlock.num('s_magic');
  const general = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  const own = magic === undefined ? undefined : OWN[magic];
  const known =
    own !== undefined && !isKernelInternal(superBlock) && kernel.profile.types.struct(own.struct) !== undefined;
  const info = known ? superBlock.follow('s_fs_info', own.struct) : undefined;
  return [flags & SB_READ_ONLY ? 'ro' : 'rw', ...general, ...(info === undefined ? [] : own!.options(kernel, info))];
}

const octal = (mode: number) => mode.toString(8).padStart(3, '0');

const KIB_PER_PAGE = 4;
/** 0777 with the sticky bit. */
const TMPFS_DEFAULT_MODE = 0o1777;

/** shmem_show_options in mm/shmem.c: what differs from the defaults, which hang on the memory the guest has now. */
function tmpfsOptions(kernel: LinuxKernel, info: StructView): string[] {
  const options: string[] = [];
  const pages = totalPages(kernel);
  const blocks = info.num('max_blocks');
  const inodes = info.num('max_inodes');
  const half = pages === undefined ? undefined : Math.floor(pages.total / 2);
  const usual = pages === undefined || half === undefined ? undefined : Math.min(pages.total - pages.high, half);
  if (blocks !== undefined && blocks !== half) options.push(`size=${blocks * KIB_PER_PAGE}k`);
  if (inodes !== undefined && inodes !== usual) options.push(`nr_inodes=${inodes}`);
  const mode = info.num('mode');
  if (mode !== undefined && mode !== TMPFS_DEFAULT_MODE) options.push(`mode=${octal(mode)}`);
  const uid = info.num('uid.val');
  const gid = info.num('gid.val');
  if (uid) options.push(`uid=${uid}`);
  if (gid) options.push(`gid=${gid}`);
  // Since 5.9; 32-bit kernels have no choice and print nothing.
  if (info.has('full_inums') && kernel.is64Bit) options.push(info.num('full_inums') ? 'inode64' : 'inode32');
  if (info.has('noswap') && info.num('noswap')) options.push('noswap');
  return options;
}

/** Pages of memory, and those of them that are high memory; undefined without the symbol. */
function totalPages(kernel: LinuxKernel): { total: number; high: number } | undefined {
  const read = (...names: string[]) => {
    const address = names.map((name) => kernel.address(name)).find((each) => each !== undefined);
    return address === undefined ? undefined : readPointer(kernel, address);
  };
  // An atomic with an underscore since 5.0.
  const total = read('_totalram_pages', 'totalram_pages');
  return total === undefined
    ? undefined
    : { total: Number(total), high: Number(read('_totalhigh_pages', 'totalhigh_pages') ?? 0n) };
}

const MAX_PTYS = 1 << 20;

/** devpts_show_options in fs/devpts/inode.c. */
function devptsOptions(_kernel: LinuxKernel, info: StructView): string[] {
  const options: string[] = [];
  const value = (name: string) => info.num(`mount_opts.${name}`);
  if (value('setuid')) options.push(`uid=${value('uid.val')}`);
  if (value('setgid')) options.push(`gid=${value('gid.val')}`);
  const mode = value('mode');
  const ptmxMode = value('ptmxmode');
  if (mode !== undefined) options.push(`mode=${octal(mode)}`);
  if (ptmxMode !== undefined) options.push(`ptmxmode=${octal(ptmxMode)}`);
  const max = value('max');
  if (max !== undefined && max < MAX_PTYS) options.push(`max=${max}`);
  return options;
}

/** The layers, as far as `ovl_config` keeps them as one text each (lowerdir until 6.4). */
function overlayOptions(_kernel: LinuxKernel, info: StructView): string[] {
  return ['lowerdir', 'upperdir', 'workdir'].flatMap((name) => {
    const path = `config.${name}`;
    const text = info.has(path) ? info.textAt(path) : undefined;
    return text === undefined ? [] : [`${name}=${text}`];
  });
}
