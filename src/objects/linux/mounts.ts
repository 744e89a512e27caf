/**
 * Mount namespaces and their mounts, with the facts of /proc/PID/mountinfo.
 *
 * Source: fs/mount.h, fs/proc_namespace.c (show_mountinfo), include/linux/mount.h (4.4 to 6.12).
 */
import type { StructView } from '../struct-view.js';
import { type PathPosition, pathOf } from './dentry-path.js';
import { fileSystemPath, isUnhashed } from './file-system-path.js';
import type { LinuxKernel } from './kernel.js';
import { listEntries, rbTreeEntries } from './lists.js';
import { deviceText } from './open-flags.js';
import { fileSystemType } from './super-blocks.js';
import { superOptions } from './super-options.js';
import { processes } from './tasks.js';

export interface MountNamespace {
  /** The `mnt_namespace`. */
  readonly namespace: StructView;
  /** The processes in it, in list order. */
  readonly members: readonly StructView[];
}

/** The mount namespaces of all processes, and since 6.11 those that only a file holds. */
export function mountNamespaces(kernel: LinuxKernel): readonly MountNamespace[] {
  const found = new Map<bigint, { namespace: StructView; members: StructView[] }>();
  const add = (namespace: StructView | undefined, member?: StructView) => {
    if (namespace === undefined) return;
    const known = found.get(namespace.address) ?? { namespace, members: [] };
    if (member !== undefined) known.members.push(member);
    found.set(namespace.address, known);
  };
  for (const task of processes(kernel)) add(task.follow('nsproxy')?.follow('mnt_ns'), task);
  const tree = kernel.address('mnt_ns_tree');
  if (tree !== undefined && kernel.field('mnt_namespace', 'mnt_ns_tree_node') !== undefined) {
    for (const each of rbTreeEntries(kernel, tree, 'mnt_namespace', 'mnt_ns_tree_node')) add(each);
  }
  return [...found.values()];
}

/** A reader of /proc/mounts keeps its place by an entry of its own in the list (5.8 to 6.7). */
const MNT_CURSOR = 0x10000000;

/** The mounts of a namespace: a list until 6.7, since then a tree by id. */
export function* namespaceMounts(kernel: LinuxKernel, namespace: StructView): Generator<StructView> {
  if (!namespace.has('list')) {
    const link = kernel.field('mount', 'mnt_node') === undefined ? 'mnt_list' : 'mnt_node';
    yield* rbTreeEntries(kernel, namespace.addressOf('mounts'), 'mount', link);
    return;
  }
  for (const mount of listEntries(kernel, namespace.addressOf('list'), 'mount', 'mnt_list')) {
    if (((mount.num('mnt.mnt_flags') ?? 0) & MNT_CURSOR) === 0) yield mount;
  }
}

/** The root directory of a process; undefined when it has none any more. */
export function processRoot(task: StructView): PathPosition | undefined {
  const root = task.follow('fs')?.at('root');
  const mount = root?.ptr('mnt');
  const dentry = root?.ptr('dentry');
  return mount === undefined || dentry === undefined || dentry === 0n ? undefined : { mount, dentry };
}

export interface MountFacts {
  readonly id: number | undefined;
  readonly parentId: number | undefined;
  /** `major:minor`. */
  readonly device: string | undefined;
  /** The directory of the file system that is mounted. */
  readonly root: string | undefined;
  /** Relative to the root given, or to the namespace's. */
  readonly mountPoint: string | undefined;
  /** False when no path from that root leads there. */
  readonly reachable: boolean;
  readonly options: readonly string[] | undefined;
  /** `shared:2`, `master:1`, `unbindable`. */
  readonly propagation: readonly string[];
  readonly fsType: string | undefined;
  readonly source: string | undefined;
  readonly superOptions: readonly string[] | undefined;
}

export function mountFacts(kernel: LinuxKernel, mount: StructView, root: PathPosition | undefined): MountFacts {
  const vfsmount = mount.at('mnt');
  const mountRoot = vfsmount.follow('mnt_root');
  const superBlock = vfsmount.follow('mnt_sb');
  const device = superBlock?.num('s_dev');
  const position = { mount: vfsmount.address, dentry: mountRoot?.address ?? 0n };
  const within = pathOf(kernel, position, root);
  // Outside of a process's own root the path from the namespace's root is still worth knowing.
  const reachable = within?.ended === 'root';
  const path = reachable || root === undefined ? within : pathOf(kernel, position);
  const inFileSystem = mountRoot && fileSystemPath(kernel, mountRoot);
  return {
    id: mount.num('mnt_id'),
    parentId: mount.follow('mnt_parent')?.num('mnt_id'),
    device: device === undefined ? undefined : deviceText(device),
    root: mountRoot !== undefined && isUnhashed(mountRoot) ? `${inFileSystem}//deleted` : inFileSystem,
    mountPoint: path?.text,
    reachable,
    options: mountOptions(vfsmount),
    propagation: propagation(mount),
    fsType: superBlock && fileSystemType(superBlock),
    source: mount.textAt('mnt_devname') ?? 'none',
    superOptions: superBlock && superOptions(kernel, superBlock),
  };
}

/** MNT_* (include/linux/mount.h), in the order of show_mnt_opts. */
const MNT_READ_ONLY = 0x40;
const MOUNT_OPTIONS: readonly (readonly [bit: number, name: string])[] = [
  [0x01, 'nosuid'],
  [0x02, 'nodev'],
  [0x04, 'noexec'],
  [0x08, 'noatime'],
  [0x10, 'nodiratime'],
  [0x20, 'relatime'],
  [0x80, 'nosymfollow'],
];
const MNT_SHARED = 0x1000;
const MNT_UNBINDABLE = 0x2000;

function mountOptions(vfsmount: StructView): string[] | undefined {
  const flags = vfsmount.num('mnt_flags');
  if (flags === undefined) return undefined;
  const names = MOUNT_OPTIONS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return [flags & MNT_READ_ONLY ? 'ro' : 'rw', ...names];
}

function propagation(mount: StructView): string[] {
  const flags = mount.num('mnt.mnt_flags') ?? 0;
  const master = mount.follow('mnt_master');
  return [
    ...(flags & MNT_SHARED ? [`shared:${mount.num('mnt_group_id') ?? '?'}`] : []),
    ...(master === undefined ? [] : [`master:${master.num('mnt_group_id') ?? '?'}`]),
    ...(flags & MNT_UNBINDABLE ? ['unbindable'] : []),
  ];
}
