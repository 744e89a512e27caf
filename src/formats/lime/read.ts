/**
 * Opens LiME images. A damaged header ends the list: there is no way to find the next one but through its length.
 */
import { u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { MemoryFormat } from '../format.js';
import { extentReader } from '../image/extent-reader.js';
import { type Extent, MAX_ADDRESS, orderExtents } from '../image/extents.js';
import { rangesOf } from '../image/ranges.js';
import { readBytes } from '../sources/read-bytes.js';
import { LIME_MAGIC, LIME_VERSION, limeHeader } from './layout.js';

/** More ranges than any firmware's memory map has; bounds the work on a hostile file. */
const MAX_RANGES = 1_000_000;

/** The ranges of a LiME file, and what was wrong with it. */
function readRanges(source: ByteSource): { extents: Extent[]; notes: string[] } {
  const extents: Extent[] = [];
  const notes: string[] = [];
  let offset = 0;
  while (offset < source.size && extents.length < MAX_RANGES) {
    const header = limeHeader.decode(readBytes(source, offset, limeHeader.size));
    if (!header) {
      notes.push(`the file ends inside a range header at offset ${offset}`);
      break;
    }
    if (header.magic !== LIME_MAGIC || header.version !== LIME_VERSION) {
      notes.push(`no LiME header at file offset ${offset}: what follows is not read`);
      break;
    }
    const { start, last } = header;
    if (last < start || last >= MAX_ADDRESS) {
      notes.push(`the LiME header at file offset ${offset} names an impossible range: what follows is not read`);
      break;
    }
    const data = offset + limeHeader.size;
    const length = last + 1 - start;
    const there = Math.min(length, source.size - data);
    if (there < length)
      notes.push(`the file is truncated: ${length - there} bytes of the range at 0x${start.toString(16)} are missing`);
    extents.push({ start, length: there, offset: data });
    offset = data + length;
  }
  return { extents, notes };
}

export const limeFormat: MemoryFormat = {
  name: 'lime',
  detect: (head) => head.length >= 8 && u32(head, 0) === LIME_MAGIC && u32(head, 4) === LIME_VERSION,
  open(source) {
    const { extents, notes } = readRanges(source);
    const ordered = orderExtents(extents, 'first');
    if (ordered.length === 0)
      throw new UserError(
        `${source.name}: a LiME file without memory in it`,
        'acquire it again, or try a copy that is whole',
      );
    return { format: 'LiME', ranges: rangesOf(ordered), read: extentReader(source, ordered), notes };
  },
};
