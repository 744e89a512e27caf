/**
 * Opens hibernation files of Windows XP and later: told by their signature, laid out as the length of their header says.
 * Pages that the system did not write (free ones, caches) are holes.
 */

import { hex, PAGE_SIZE } from '../../core/address.js';
import { latin1Text, u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { MemoryFormat } from '../format.js';
import { extentReader } from '../image/extent-reader.js';
import { orderExtents } from '../image/extents.js';
import type { ImageParts } from '../image/image-memory.js';
import { rangesOf } from '../image/ranges.js';
import { readBytes } from '../sources/read-bytes.js';
import { type FoundPages, readCompressionSets } from './compression-sets.js';
import { LENGTH_SELF, RANGE_LAYOUTS, SET_LAYOUTS, SIGNATURE_BYTES, SIGNATURES } from './layout.js';
import { PackedPages } from './packed-pages.js';
import { hasTables, readRangeTables } from './range-tables.js';

const signatureOf = (head: Uint8Array) => latin1Text(head.subarray(0, SIGNATURE_BYTES)).toLowerCase();

export const hibernationFormat: MemoryFormat = {
  name: 'hibernation',
  detect: (head) => head.length >= PAGE_SIZE && SIGNATURES.includes(signatureOf(head)),
  open(source) {
    const head = readBytes(source, 0, PAGE_SIZE);
    if (head.length < PAGE_SIZE) {
      throw new UserError(`${source.name}: a hibernation file that ends inside its header`, 'try a copy that is whole');
    }
    return parts(source, head);
  },
};

function parts(source: ByteSource, head: Uint8Array): ImageParts {
  const pages = new PackedPages(source);
  const { windows, found } = findPages(source, head, pages);
  const extents = orderExtents(found.extents, 'last');
  if (extents.length === 0) {
    throw new UserError(
      `${source.name}: a hibernation file without memory in it`,
      'it was resumed and wiped, or is a copy that is not whole',
    );
  }
  const notes = [];
  if (found.missing > 0) notes.push(`the file is truncated or damaged: ${found.missing} pages are missing`);
  if (signatureOf(head) !== 'hibr') notes.push('the system was resumed from this file: it is of before that');
  return {
    format: `Windows hibernation file (${windows})`,
    ranges: rangesOf(extents),
    read: extentReader(pages, extents),
    notes,
    close: () => pages.close(),
  };
}

function findPages(source: ByteSource, head: Uint8Array, pages: PackedPages): { windows: string; found: FoundPages } {
  const length = u32(head, LENGTH_SELF);
  const sets = SET_LAYOUTS.find((layout) => layout.length === length);
  if (sets !== undefined) return { windows: sets.windows, found: readCompressionSets(source, head, sets, pages) };
  const tables = RANGE_LAYOUTS.find((layout) => layout.length === length && hasTables(source, head, layout));
  if (tables !== undefined) return { windows: tables.windows, found: readRangeTables(source, head, tables, pages) };
  throw new UserError(
    `${source.name}: a hibernation file whose header is damaged or of an unknown version (${hex(BigInt(length))} bytes)`,
    'check that the copy is whole; headers of Windows XP to 11 24H2 are known',
  );
}
