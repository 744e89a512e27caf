/**
 * Names of files on file systems that are never mounted: `pipe:[1234]`, `socket:[…]`, `anon_inode:[eventfd]`,
 * `/memfd:name (deleted)`, `mnt:[…]`.
 *
 * The kernel makes them up in `dentry_operations.d_dname`; which rule applies is told by that function's name, and
 * where the function has no symbol by the name of the file system.
 */
import { type StructView, textAt } from '../struct-view.js';
import { dentryName } from './dentry-name.js';
import type { LinuxKernel } from './kernel.js';
import { symbolize } from './symbolize.js';

type Rule = (dentry: StructView) => string | undefined;

const inodeNumbered =
  (kind: string): Rule =>
  (dentry) =>
    `${kind}:[${dentry.follow('d_inode')?.big('i_ino') ?? '?'}]`;

const afterName =
  (before: string, after = ''): Rule =>
  (dentry) =>
    `${before}${dentryName(dentry) ?? '?'}${after}`;

/** By function: fs/{pipe,anon_inodes,nsfs,d_path,pidfs}.c, net/socket.c, drivers/dma-buf/dma-buf.c (4.14 to 6.12). */
const RULES: Readonly<Record<string, Rule>> = {
  pipefs_dname: inodeNumbered('pipe'),
  sockfs_dname: inodeNumbered('socket'),
  anon_inodefs_dname: afterName('anon_inode:'),
  ns_dname: namespaceName,
  simple_dname: afterName('/', ' (deleted)'),
  pidfs_dname: () => 'anon_inode:[pidfd]',
  dmabuffs_dname: dmaBufferName,
};

/** By file system, when the function is nameless. */
const RULES_BY_FILE_SYSTEM: Readonly<Record<string, Rule>> = {
  pipefs: inodeNumbered('pipe'),
  sockfs: inodeNumbered('socket'),
  anon_inodefs: afterName('anon_inode:'),
  nsfs: namespaceName,
  pidfs: () => 'anon_inode:[pidfd]',
  dmabuf: dmaBufferName,
  tmpfs: afterName('/', ' (deleted)'),
  hugetlbfs: afterName('/', ' (deleted)'),
};

/** The made-up name of a dentry; undefined when it has a real one (no `d_dname` operation). */
export function pseudoName(kernel: LinuxKernel, dentry: StructView): string | undefined {
  const operation = dentry.follow('d_op')?.ptr('d_dname');
  if (operation === undefined || operation === 0n) return undefined;
  const rule = RULES[symbolize(kernel, operation) ?? ''] ?? RULES_BY_FILE_SYSTEM[fileSystem(dentry) ?? ''];
  return (rule ?? afterName('/'))(dentry);
}

function fileSystem(dentry: StructView): string | undefined {
  return dentry.follow('d_sb')?.follow('s_type')?.textAt('name');
}

/** `net:[4026531840]`: the kind comes from `proc_ns_operations.name`. */
function namespaceName(dentry: StructView): string | undefined {
  const inode = dentry.follow('d_inode');
  const operations = inode?.follow('i_private', 'ns_common')?.follow('ops');
  return `${operations?.textAt('name') ?? '?'}:[${inode?.big('i_ino') ?? '?'}]`;
}

function dmaBufferName(dentry: StructView): string | undefined {
  const buffer = dentry.follow('d_fsdata', 'dma_buf');
  const name = buffer?.ptr('name');
  const given = name === undefined || name === 0n ? '' : (textAt(dentry.context, name, 32) ?? '');
  return `/${dentryName(dentry) ?? '?'}:${given}`;
}
