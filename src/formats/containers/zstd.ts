/**
 * Images inside zstd (RFC 8878), several frames and skippable frames included.
 */
import { u32 } from '../../core/bytes.js';
import { decodeZstd } from '../codecs/zstd-decoder.js';
import type { Container } from '../format.js';
import { compressedPieces } from './compressed-pieces.js';
import { spool } from './spool.js';

const ZSTD_MAGIC = 0xfd2fb528;
/** Skippable frames have 16 magic numbers (section 3.1.2); parallel compressors begin files with them. */
const SKIPPABLE_MAGIC = 0x184d2a50;

export const zstdContainer: Container = {
  name: 'zstd',
  detect(head) {
    const magic = head.length >= 8 ? u32(head, 0) : 0;
    return magic === ZSTD_MAGIC || (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
  },
  open: (source, { options }) => spool(source, 'zstd', decodeZstd(compressedPieces(source, options)), options),
};
