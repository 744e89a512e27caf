/** The writable sections of the kernel's image, in pieces: where its variables lie when no symbol says where. */
import type { AddressSpace } from '../../memory/address-space.js';
import type { WindowsKernelLocation } from './location.js';

/** IMAGE_SCN_MEM_WRITE. */
const WRITABLE = 0x8000_0000;
/** More than the writable data of any kernel. */
const MAX_BYTES = 32 * 1024 * 1024;
const PIECE = 0x1_0000;
const PAGE = 0x1000;

/** Each piece repeats the first `overlap` bytes of the next. Pages that are not in memory are zero. */
export function* kernelData(
  space: AddressSpace,
  { base, image }: WindowsKernelLocation,
  overlap: number,
): Generator<{ readonly address: bigint; readonly bytes: Uint8Array }> {
  const { sections, imageSize } = image.headers;
  const writable = sections.filter(({ characteristics }) => (characteristics & WRITABLE) !== 0);
  let left = MAX_BYTES;
  // Headers that were wiped or are of no help: all of the image.
  for (const { rva, virtualSize } of writable.length > 0 ? writable : [{ rva: 0, virtualSize: imageSize }]) {
    const end = Math.min(rva + virtualSize, imageSize);
    for (let at = rva & ~(PAGE - 1); at < end && left > 0; at += PIECE) {
      left -= PIECE;
      const bytes = new Uint8Array(Math.ceil((Math.min(PIECE, end - at) + overlap) / PAGE) * PAGE);
      for (let page = 0; page < bytes.length; page += PAGE) {
        space.read(base + BigInt(at + page), bytes.subarray(page, page + PAGE));
      }
      yield { address: base + BigInt(at), bytes };
    }
  }
}
