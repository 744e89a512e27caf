/**
 * Finds ObTypeIndexTable, by which the object headers of Windows 7 and later name types, where no symbol says where it is:
 * it holds the types that exported variables lead to, each in the place that the type itself gives.
 */
import { u64 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import type { SymbolSource, TypeSource } from '../types.js';
import { kernelData } from './kernel-data.js';
import { KernelReader } from './kernel-reader.js';
import type { WindowsKernelLocation } from './location.js';

/** Exported in all builds. */
const EXPORTED = ['PsProcessType', 'PsThreadType', 'IoFileObjectType', 'SeTokenObjectType', 'ExEventObjectType'];
const MAX_INDEX = 255;

/** The table's address; undefined for builds without one, and when it is not in memory. amd64 only. */
export function typeIndexTable(
  space: AddressSpace,
  location: WindowsKernelLocation,
  types: TypeSource,
  exported: Pick<SymbolSource, 'address'>,
): bigint | undefined {
  const reader = new KernelReader(space, types);
  if (space.pointerSize !== 8 || reader.field('_OBJECT_HEADER', 'TypeIndex') === undefined) return undefined;
  const known = EXPORTED.flatMap((name) => {
    const variable = exported.address(name);
    const type = variable && reader.pointer(variable);
    const index = type && reader.value('_OBJECT_TYPE', type, 'Index');
    return type === undefined || index === undefined ? [] : [{ type, index: Number(index) }];
  });
  const [first, ...others] = known;
  if (first === undefined || others.length === 0 || known.some(({ index }) => index > MAX_INDEX)) return undefined;
  for (const { address, bytes } of kernelData(space, location, 0)) {
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      if (bytes[at] !== Number(first.type & 0xffn) || u64(bytes, at) !== first.type) continue;
      const table = address + BigInt(at) - BigInt(first.index * 8);
      if (others.every(({ type, index }) => reader.pointer(table + BigInt(index * 8)) === type)) return table;
    }
  }
  return undefined;
}
