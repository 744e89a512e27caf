/** Portable executables in guest memory: of the kernel, of its drivers, and of processes. */
import { PeImage } from '../../formats/pe/pe-image.js';
import type { AddressSpace } from '../../memory/address-space.js';

/** The image that begins at `base`; undefined when there are no PE headers. */
export function mappedImage(space: AddressSpace, base: bigint): PeImage | undefined {
  return PeImage.open((rva, length) => mappedBytes(space, base, rva, length));
}

/** Up to `length` bytes of it: what can be read before the first page that is missing. A copy. */
export function mappedBytes(space: AddressSpace, base: bigint, rva: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, space.read(base + BigInt(rva), bytes));
}
