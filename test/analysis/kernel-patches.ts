/** Patches of kernel memory by virtual address: pointers redirected, structures taken off lists. */
import type { GuestKernel } from '../../src/objects/guest-kernel.js';
import type { StructView } from '../../src/objects/struct-view.js';
import type { Patch } from './patched-memory.js';

/** The little-endian bytes of a number. */
export function littleEndian(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

/** A patch of the aligned kernel word at a virtual address. */
export function wordPatch(kernel: GuestKernel, address: bigint, value: bigint): Patch {
  const translation = kernel.space.translate(address);
  if (translation.kind !== 'mapped') throw new Error(`${address.toString(16)} is not mapped`);
  return { physical: translation.physical, bytes: littleEndian(value, kernel.space.pointerSize) };
}

/** Patches that take a structure off a `list_head` list, and leave its own pointers as they are. */
export function unlinked(kernel: GuestKernel, entry: StructView, member: string): Patch[] {
  const next = entry.ptr(`${member}.next`)!;
  const previous = entry.ptr(`${member}.prev`)!;
  const size = BigInt(kernel.space.pointerSize);
  return [wordPatch(kernel, previous, next), wordPatch(kernel, next + size, previous)];
}
