/**
 * From an image in memory back to a file: headers and sections moved from where the loader mapped them to where the file
 * had them. What the loader changed stays changed (imports, relocations, data); pages that are not in memory are gaps.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PeImage } from './pe-image.js';

export interface FilePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Images of more than 1 GiB are forgeries. */
const MAX_FILE = 2 ** 30;

/** The parts of the file by ascending offset, the last one empty where the file ends; nothing beyond what memory holds. */
export function* rebuiltFile(
  image: PeImage,
  readable: (rva: number, length: number) => Uint8Array,
): Generator<FilePart> {
  const { headers } = image;
  const sections = headers.sections
    .filter(({ rawSize, rawOffset, rva }) => rawSize > 0 && rawOffset > 0 && rva < headers.imageSize)
    .sort((a, b) => a.rawOffset - b.rawOffset);
  const firstSection = sections[0]?.rawOffset ?? PAGE_SIZE;
  let end = Math.min(headers.headersSize || firstSection, firstSection, MAX_FILE);
  yield* pages(readable, 0, 0, end);
  for (const { rva, rawOffset, rawSize, virtualSize } of sections) {
    // What the file has beyond the section's size is padding that is not mapped.
    const mapped = Math.min(rawSize, virtualSize === 0 ? rawSize : virtualSize, headers.imageSize - rva);
    const stop = Math.min(rawOffset + rawSize, MAX_FILE);
    // Sections that overlap in the file are forged; each byte is written once.
    const skip = Math.max(0, end - rawOffset);
    if (rawOffset + skip >= stop) continue;
    if (mapped > skip)
      yield* pages(readable, rva + skip, rawOffset + skip, Math.min(mapped - skip, stop - rawOffset - skip));
    end = stop;
  }
  yield { offset: end, bytes: new Uint8Array(0) };
}

/** What is readable of a range, page by page. */
function* pages(
  readable: (rva: number, length: number) => Uint8Array,
  rva: number,
  offset: number,
  length: number,
): Generator<FilePart> {
  for (let at = 0; at < length; ) {
    const part = Math.min(PAGE_SIZE - ((rva + at) % PAGE_SIZE), length - at);
    const bytes = readable(rva + at, part);
    if (bytes.length > 0) yield { offset: offset + at, bytes };
    at += part;
  }
}
