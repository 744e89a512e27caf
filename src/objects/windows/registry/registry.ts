/**
 * The registry as a whole: which hives there are, under which names they hang, and keys by their path.
 *
 * The hive without a file whose root is called REGISTRY holds the others: its keys MACHINE and USER have a key for each,
 * which says where the hive's root is.
 */
import { u32, u64, utf16Text } from '../../../core/bytes.js';
import { keyFlag, keyNode } from '../../../formats/regf/layout.js';
import { MAX_KEY_DEPTH, type RegistryKey } from '../../../formats/regf/registry-key.js';
import type { WindowsKernel } from '../kernel.js';
import { listEntries } from '../lists.js';
import { unicodeString } from '../unicode-string.js';
import { MappedHive } from './mapped-hive.js';

export interface LoadedHive {
  readonly hive: MappedHive;
  /** `\REGISTRY\MACHINE\SYSTEM`; undefined where nothing says where it hangs. */
  readonly mount: string | undefined;
}

const ROOT_NAME = 'REGISTRY';
/** Hives hang at most this deep under the root (\REGISTRY\A\{…}, \REGISTRY\WC\…). */
const MOUNT_DEPTH = 4;
/** Links that lead to links end here. */
const MAX_LINKS = 8;
const LINK_VALUE = 'SymbolicLinkValue';

const HIVES = Symbol('registry hives');

/** The hives on the configuration manager's list, in its order. Throws `ProfileGap` when nothing says where that is. */
export function loadedHives(kernel: WindowsKernel): readonly LoadedHive[] {
  return kernel.memo(HIVES, () => {
    const head = kernel.requireAddress('CmpHiveListHead');
    const hives = [...listEntries(kernel, head, '_CMHIVE', 'HiveList')].map((view) => new MappedHive(kernel, view));
    const mounts = new Map<bigint, string>();
    for (const hive of hives) {
      const root = hive.path === undefined ? hive.root : undefined;
      if (root?.name.toUpperCase() !== ROOT_NAME) continue;
      mounts.set(hive.view.address, `\\${root.name}`);
      collectMounts(hive, root, `\\${root.name}`, MOUNT_DEPTH, mounts);
    }
    return hives.map((hive) => ({ hive, mount: ownMount(hive) ?? mounts.get(hive.view.address) }));
  });
}

/** Since 6.0 the hive itself says where it hangs. */
function ownMount({ view }: MappedHive): string | undefined {
  return view.has('HiveRootPath') ? unicodeString(view, 'HiveRootPath') || undefined : undefined;
}

function collectMounts(hive: MappedHive, key: RegistryKey, path: string, depth: number, mounts: Map<bigint, string>) {
  for (const child of key.subkeys()) {
    const name = `${path}\\${child.name}`;
    if (child.isHiveExit) {
      const address = hiveBehind(hive, child);
      if (address !== undefined) mounts.set(address, name);
    } else if (depth > 1) collectMounts(hive, child, name, depth - 1, mounts);
  }
}

/** Address of the hive that hangs at an exit: _CM_KEY_REFERENCE, where other keys have their lists of subkeys. */
function hiveBehind(hive: MappedHive, key: RegistryKey): bigint | undefined {
  const { pointerSize } = hive.kernel.profile;
  const at = keyNode.offsets.subkeys + pointerSize;
  const bytes = hive.cell(key.cell);
  if (bytes === undefined || bytes.length < at + pointerSize) return undefined;
  return pointerSize === 8 ? u64(bytes, at) : BigInt(u32(bytes, at));
}

/** The key at an absolute path, links followed, whatever the case; undefined when it is not there or not readable. */
export function registryKey(kernel: WindowsKernel, path: string, links = 0): RegistryKey | undefined {
  const found = hiveAt(kernel, path);
  if (found === undefined) return undefined;
  const { mount, hive } = found;
  let key = hive.root;
  const names = path
    .slice(mount.length)
    .split('\\')
    .filter((name) => name !== '');
  for (const [index, name] of names.entries()) {
    if (index >= MAX_KEY_DEPTH) return undefined;
    key = key?.subkey(name);
    if (key === undefined) return undefined;
    if ((key.node.flags & keyFlag.symbolicLink) === 0) continue;
    const target = linkTarget(key);
    if (target === undefined || links >= MAX_LINKS) return undefined;
    return registryKey(kernel, [target, ...names.slice(index + 1)].join('\\'), links + 1);
  }
  return key;
}

/** Where a symbolic link leads; undefined for other keys. */
export function linkTarget(key: RegistryKey): string | undefined {
  if ((key.node.flags & keyFlag.symbolicLink) === 0) return undefined;
  const data = key.value(LINK_VALUE)?.data;
  return data && utf16Text(data);
}

/** The hive that the path leads into: the one with the longest name that it begins with. */
function hiveAt(kernel: WindowsKernel, path: string): { hive: MappedHive; mount: string } | undefined {
  const wanted = path.toLowerCase();
  let best: { hive: MappedHive; mount: string } | undefined;
  for (const { hive, mount } of loadedHives(kernel)) {
    if (mount === undefined || mount.length <= (best?.mount.length ?? 0)) continue;
    const start = mount.toLowerCase();
    if (wanted === start || wanted.startsWith(`${start}\\`)) best = { hive, mount };
  }
  return best;
}

/** A key with its path from `\REGISTRY`, or from the root of a hive of which nobody knows where it hangs. */
export interface FoundKey {
  readonly key: RegistryKey;
  readonly path: string;
  readonly depth: number;
}

/** A key and all below it, each before its subkeys. A key that comes again on its own path ends there. */
export function* keysBelow(key: RegistryKey, path: string, recurse: boolean): Generator<FoundKey> {
  const above = new Set<number>();
  yield* walk(key, path, 0);

  function* walk(at: RegistryKey, name: string, depth: number): Generator<FoundKey> {
    if (above.has(at.cell) || depth > MAX_KEY_DEPTH) {
      at.hive.damage(at.cell, 'registry keys that contain themselves');
      return;
    }
    yield { key: at, path: name, depth };
    if (!recurse && depth > 0) return;
    above.add(at.cell);
    for (const child of at.subkeys()) {
      if (recurse || depth === 0) yield* walk(child, `${name}\\${child.name}`, depth + 1);
    }
    above.delete(at.cell);
  }
}
