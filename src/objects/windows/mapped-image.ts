/** Portable executables in guest memory: of the kernel, of its drivers, and of processes. */
import { PAGE_SIZE } from '../../core/address.js';
import { PeImage, type PeSection } from '../../formats/pe/pe-image.js';
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

/** Larger than the sections of any image that is looked through. */
const MAX_SECTION = 16 * 1024 * 1024;

export interface SectionPage {
  readonly address: bigint;
  /** The page, and what follows it as far as `reach` goes and it is in memory. */
  readonly bytes: Uint8Array;
  /** Bytes of the page itself. */
  readonly length: number;
}

/** The pages of the image's sections that are in memory, for searches of what is up to `reach` bytes long. */
export function* sectionPages(
  space: AddressSpace,
  base: bigint,
  { headers }: PeImage,
  reach: number,
  wanted: (section: PeSection) => boolean = () => true,
): Generator<SectionPage> {
  for (const section of headers.sections) {
    if (!wanted(section)) continue;
    const end = Math.min(section.rva + Math.min(section.virtualSize, MAX_SECTION), headers.imageSize);
    for (let at = section.rva; at < end; at += PAGE_SIZE) {
      const bytes = mappedBytes(space, base, at, PAGE_SIZE + reach);
      if (bytes.length > 0) yield { address: base + BigInt(at), bytes, length: Math.min(PAGE_SIZE, bytes.length) };
    }
  }
}
