/**
 * Reads flattened dump files in place: an index of the pieces instead of the rearranged copy that other tools make.
 */
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { Container } from '../format.js';
import { extentSource, rebuiltLimit } from '../image/extent-source.js';
import { type Extent, ExtentList, orderExtents } from '../image/extents.js';
import { WindowReader } from '../sources/window-reader.js';
import {
  FLATTENED_HEADER_SIZE,
  FLATTENED_SIGNATURE,
  FLATTENED_TYPE,
  flattenedHeader,
  flattenedPiece,
} from './layout.js';

/** End marks and nonsense alike: -1 reads as a huge number. Dumps are smaller than this. */
const MAX_OFFSET = 2 ** 52;

/** The pieces in file order (later ones overwrite earlier ones), and whether the end mark was met. */
function readPieces(source: ByteSource): { extents: Extent[]; isComplete: boolean } {
  const reader = new WindowReader(source);
  const extents = new ExtentList();
  const limit = rebuiltLimit(source);
  let at = FLATTENED_HEADER_SIZE;
  for (;;) {
    const piece = flattenedPiece.decode(reader.view(at, flattenedPiece.size));
    if (!piece) return { extents: extents.all(), isComplete: false };
    if (piece.offset > MAX_OFFSET || piece.length > MAX_OFFSET) return { extents: extents.all(), isComplete: true };
    at += flattenedPiece.size;
    const there = Math.min(piece.length, source.size - at);
    if (there > 0 && piece.offset + there <= limit) extents.push(piece.offset, there, at);
    if (there < piece.length) return { extents: extents.all(), isComplete: false };
    at += piece.length;
  }
}

export const flattenedContainer: Container = {
  name: 'flattened dump',
  detect(head) {
    const header = flattenedHeader.decode(head);
    return header?.signature === FLATTENED_SIGNATURE && header.type === FLATTENED_TYPE;
  },
  open(source) {
    const { extents, isComplete } = readPieces(source);
    const ordered = orderExtents(extents, 'last');
    const last = ordered.at(-1);
    if (!last) throw new UserError(`${source.name}: a flattened dump without data in it`, 'try a copy that is whole');
    return {
      source: extentSource(source, ordered, source.name, last.start + last.length),
      notes: isComplete ? [] : ['the flattened dump is truncated: its end mark is missing'],
    };
  },
};
