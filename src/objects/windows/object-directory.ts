/**
 * The folders of the object manager's name space, from its root.
 * Source: _OBJECT_DIRECTORY in Microsoft's public symbols: 37 hash buckets with chains of entries, in all versions.
 */
import { chain } from '../chain.js';
import { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { objectHeader, objectName, objectTypeName } from './object-header.js';

export interface NamedObject {
  /** Address of the object. */
  readonly body: bigint;
  readonly name: string;
  readonly type: string | undefined;
}

/** The objects in the folder at `directory`, in the order of its buckets. */
export function* directoryEntries(kernel: WindowsKernel, directory: bigint): Generator<NamedObject> {
  const seen = new Set<bigint>();
  for (const first of kernel.struct('_OBJECT_DIRECTORY', directory).pointers('HashBuckets') ?? []) {
    const next = (entry: bigint) => new StructView(kernel, '_OBJECT_DIRECTORY_ENTRY', entry).ptr('ChainLink');
    for (const entry of chain(kernel, first, next, (at) => at === 0n, seen)) {
      const body = kernel.struct('_OBJECT_DIRECTORY_ENTRY', entry).ptr('Object');
      if (body === undefined || body === 0n) continue;
      const header = objectHeader(kernel, body);
      const name = objectName(kernel, header);
      if (name !== undefined) yield { body, name, type: objectTypeName(kernel, header) };
    }
  }
}

/** The root folder; undefined when unreadable. Throws `ProfileGap` when nothing says where it is. */
export function rootDirectory(kernel: WindowsKernel): bigint | undefined {
  kernel.requireAddress('ObpRootDirectoryObject');
  return kernel.globalPointer('ObpRootDirectoryObject');
}

const TYPES = Symbol('object types');

/** Address of every object type by its name, from the folder `\ObjectTypes`. */
export function objectTypes(kernel: WindowsKernel): ReadonlyMap<string, bigint> {
  return kernel.memo(TYPES, () => {
    const root = rootDirectory(kernel);
    const entries = root === undefined ? [] : directoryEntries(kernel, root);
    for (const { name, body } of entries) {
      if (name !== 'ObjectTypes') continue;
      return new Map([...directoryEntries(kernel, body)].map((entry) => [entry.name, entry.body]));
    }
    return new Map<string, bigint>();
  });
}
