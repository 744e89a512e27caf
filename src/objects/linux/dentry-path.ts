/**
 * The path of an open file, working directory or mapping, as the kernel itself would print it (`d_path`).
 *
 * Rules of fs/d_path.c (4.14 to 6.12): names joined upwards through mounts to the root of the mount namespace,
 * ` (deleted)` after unlinked ones; file systems that nobody mounts make up a name instead (`pseudo-names.ts`).
 * Not escaped: that is up to the file that shows it (/proc/PID/maps, /proc/mounts).
 */
import type { StructView } from '../struct-view.js';
import { dentryName } from './dentry-name.js';
import type { LinuxKernel } from './kernel.js';
import { pseudoName } from './pseudo-names.js';

export interface DentryPath {
  /** What readlink on /proc/PID/fd/N or /proc/PID/exe prints, ` (deleted)` included. */
  readonly text: string;
  /** The name was removed, or the file never had one (memfd, SysV shared memory). */
  readonly deleted: boolean;
  /**
   * Where the way up ended: at the namespace's root (or the root given), at a mount that is in no namespace any more
   * (lazily unmounted), outside of the mount (a bind mount's directory moved away), or nowhere as the name is made up.
   */
  readonly ended: 'root' | 'detached' | 'escaped' | 'pseudo';
}

/** A position in the file tree: addresses of a `vfsmount` and of a `dentry`. */
export interface PathPosition {
  readonly mount: bigint;
  readonly dentry: bigint;
}

/** PATH_MAX is 4096 and a name takes two bytes at least; mount crossings add some. */
const MAX_STEPS = 4096;
const MEMO = Symbol('directory paths');

/**
 * The path of a `struct path` view; undefined when it is empty or its dentry is unreadable.
 *
 * @param root the root to show it relative to, such as a chrooted process's own; by default the namespace's
 */
export function dentryPath(kernel: LinuxKernel, path: StructView, root?: PathPosition): DentryPath | undefined {
  const mount = path.ptr('mnt');
  const dentry = path.ptr('dentry');
  if (mount === undefined || dentry === undefined || dentry === 0n) return undefined;
  return pathOf(kernel, { mount, dentry }, root);
}

/** The same for a position. */
export function pathOf(kernel: LinuxKernel, position: PathPosition, root?: PathPosition): DentryPath | undefined {
  const dentry = kernel.struct('dentry', position.dentry);
  const parent = dentry.ptr('d_parent');
  if (parent === undefined) return undefined;
  const isRoot = parent === dentry.address;
  const mountRoot = position.mount === 0n ? undefined : kernel.struct('vfsmount', position.mount).ptr('mnt_root');
  if (!isRoot || mountRoot !== dentry.address) {
    const made = pseudoName(kernel, dentry);
    if (made !== undefined) return { text: made, deleted: made.endsWith(DELETED), ended: 'pseudo' };
  }
  const up = upwards(kernel, position, root);
  const deleted = !isRoot && dentry.ptr('d_hash.pprev') === 0n;
  return { text: `${up.text === '' ? '/' : up.text}${deleted ? DELETED : ''}`, deleted, ended: up.ended };
}

const DELETED = ' (deleted)';

interface Upwards {
  /** '' for the root itself, else '/a/b'. */
  readonly text: string;
  readonly ended: 'root' | 'detached' | 'escaped';
}

/** Walks to the root as `__prepend_path` does, remembering what was found for each directory on the way. */
function upwards(kernel: LinuxKernel, position: PathPosition, root: PathPosition | undefined): Upwards {
  const known = root === undefined ? kernel.memo(MEMO, () => new Map<string, Upwards>()) : new Map<string, Upwards>();
  // Positions passed on the way, with the name each adds ('' for a mount crossing).
  const passed: { key: string; name: string }[] = [];
  let { mount, dentry } = position;
  let end: Upwards | undefined;
  while (end === undefined) {
    const key = `${mount}/${dentry}`;
    end = known.get(key);
    if (end !== undefined) break;
    const step = passed.length >= MAX_STEPS ? undefined : stepUp(kernel, mount, dentry, root);
    if (step === undefined) {
      kernel.faults.note(dentry, 'path without a root');
      end = { text: '', ended: 'escaped' };
    } else if (typeof step === 'string') {
      end = { text: '', ended: step };
    } else {
      passed.push({ key, name: step.name });
      mount = step.mount;
      dentry = step.dentry;
    }
  }
  let result = end;
  for (const { key, name } of passed.reverse()) {
    // Outside of its mount a path has no meaning: the kernel drops what it has gathered (error 3) and prints "/".
    result = end.ended === 'escaped' ? end : { text: result.text + name, ended: end.ended };
    known.set(key, result);
  }
  return result;
}

interface Step extends PathPosition {
  readonly name: string;
}

function stepUp(
  kernel: LinuxKernel,
  mount: bigint,
  at: bigint,
  root: PathPosition | undefined,
): Step | Upwards['ended'] | undefined {
  if (root !== undefined && at === root.dentry && mount === root.mount) return 'root';
  const dentry = kernel.struct('dentry', at);
  const vfsmount = mount === 0n ? undefined : kernel.struct('vfsmount', mount);
  if (vfsmount !== undefined && vfsmount.ptr('mnt_root') === at) return acrossMount(vfsmount);
  const parent = dentry.ptr('d_parent');
  if (parent === undefined) return undefined;
  if (parent === at) return 'escaped';
  const name = dentryName(dentry);
  return name === undefined ? undefined : { mount, dentry: parent, name: `/${name}` };
}

/** From the root of a mount to the directory it is mounted on. */
function acrossMount(vfsmount: StructView): Step | Upwards['ended'] | undefined {
  const own = vfsmount.containedIn('mount', 'mnt');
  const parent = own.follow('mnt_parent');
  const dentry = own.ptr('mnt_mountpoint');
  if (parent === undefined || dentry === undefined) return undefined;
  if (parent.address !== own.address) return { mount: parent.addressOf('mnt'), dentry, name: '' };
  return inNamespace(own) ? 'root' : 'detached';
}

/** False for a mount whose namespace is none, an error pointer (internal mounts) or an anonymous one (`seq` 0). */
function inNamespace(mount: StructView): boolean {
  const pointer = mount.ptr('mnt_ns');
  if (pointer === undefined || pointer === 0n || isErrorPointer(mount, pointer)) return false;
  const namespace = mount.follow('mnt_ns');
  return namespace?.has('seq') !== true || namespace.big('seq') !== 0n;
}

/** IS_ERR (include/linux/err.h): the last 4095 addresses. */
function isErrorPointer(view: StructView, pointer: bigint): boolean {
  return pointer >= (1n << BigInt(view.context.space.pointerSize * 8)) - 4095n;
}
