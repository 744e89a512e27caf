/**
 * From a frame number to the page: descriptor, compressed data, decoder.
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { ByteSource } from '../byte-source.js';
import type { PageCodec } from '../codecs/page-codecs.js';
import type { FrameBitmap } from '../image/frame-bitmap.js';
import type { PageLoader } from '../image/page-reader.js';
import { WindowReader } from '../sources/window-reader.js';
import type { KdumpHeader } from './header.js';
import { pageDescriptor } from './layout.js';

/** Compressed pages that do not shrink are stored; a longer one is damage. */
const MAX_STORED = 2 * PAGE_SIZE;

/** A bit of a descriptor's flags, and the decoder of pages that have it. */
export type FlaggedCodec = readonly [flag: number, codec: PageCodec];

/** Loads pages of `frames`; frames outside are zeros (the caller's ranges say which of those are asked for). */
export function kdumpPageLoader(
  source: ByteSource,
  header: KdumpHeader,
  frames: FrameBitmap,
  codecs: readonly FlaggedCodec[],
): PageLoader {
  const descriptors = new WindowReader(source);
  const data = new WindowReader(source);
  /** Writers store one page of zeros and point many descriptors at it, which would throw the read-ahead back each time. */
  const shared = { offset: -1, page: new Uint8Array(PAGE_SIZE) };
  let previous = -1;

  const loadAt = (offset: number, size: number, flags: number, page: Uint8Array): boolean => {
    if (size > MAX_STORED || offset <= 0) return false;
    const stored = data.view(offset, size);
    if (stored.length < size) return false;
    const codec = codecs.find(([flag]) => (flags & flag) !== 0)?.[1];
    if (codec) return codec(stored, page);
    if (size !== PAGE_SIZE) return false;
    page.set(stored);
    return true;
  };

  return (frame, page) => {
    if (!frames.has(frame)) {
      page.fill(0);
      return true;
    }
    const at = header.descriptors + frames.rank(frame) * pageDescriptor.size;
    const descriptor = pageDescriptor.decode(descriptors.view(at, pageDescriptor.size));
    if (!descriptor) return false;
    const { offset, size, flags } = descriptor;
    if (offset === shared.offset) {
      page.set(shared.page);
      return true;
    }
    if (!loadAt(offset, size, flags, page)) return false;
    // Data is in the order of the frames, so going back or standing still means a shared page.
    if (offset <= previous) {
      shared.offset = offset;
      shared.page.set(page);
    } else previous = offset;
    return true;
  };
}
