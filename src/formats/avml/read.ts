/**
 * Opens AVML's compressed images. Uncompressed ones are LiME.
 */
import { u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { snappyDecompress } from '../codecs/snappy.js';
import type { MemoryFormat } from '../format.js';
import type { PrefixReader } from '../image/extent-reader.js';
import { lastAtOrBelow } from '../image/extents.js';
import { rangesOf } from '../image/ranges.js';
import { WindowReader } from '../sources/window-reader.js';
import { type Chunk, indexChunks } from './chunk-index.js';
import { AVML_MAGIC, AVML_VERSION, MAX_CHUNK_BYTES } from './layout.js';

/** @param chunks ascending and disjoint. */
function chunkReader(source: ByteSource, chunks: readonly Chunk[]): PrefixReader {
  const reader = new WindowReader(source);
  const starts = Float64Array.from(chunks, (chunk) => chunk.start);
  const unpacked = new Uint8Array(MAX_CHUNK_BYTES);
  /** The last chunk decoded: the next read usually begins where the last one ended, inside it. */
  let current: { index: number; memory: Uint8Array } | undefined;

  /** The chunk's memory, valid until the next call, or undefined when its data is damaged. */
  const decode = (chunk: Chunk): Uint8Array | undefined => {
    const data = reader.view(chunk.offset, chunk.size);
    if (!chunk.isCompressed) return data;
    return snappyDecompress(data, unpacked) === chunk.length ? unpacked.subarray(0, chunk.length) : undefined;
  };

  return (start, target) => {
    let done = 0;
    for (let index = lastAtOrBelow(starts, start); done < target.length; index++) {
      const chunk = chunks[index];
      const inside = start + done - (chunk?.start ?? Number.POSITIVE_INFINITY);
      if (!chunk || inside < 0 || inside >= chunk.length) break;
      if (current?.index !== index) {
        current = undefined;
        const memory = decode(chunk);
        if (!memory) break;
        current = { index, memory };
      }
      const part = current.memory.subarray(inside, inside + target.length - done);
      target.set(part, done);
      done += part.length;
    }
    return done;
  };
}

export const avmlFormat: MemoryFormat = {
  name: 'avml',
  detect: (head) => head.length >= 8 && u32(head, 0) === AVML_MAGIC && u32(head, 4) === AVML_VERSION,
  open(source) {
    const { chunks, notes } = indexChunks(source);
    const apart: Chunk[] = [];
    let end = 0;
    for (const chunk of chunks.sort((a, b) => a.start - b.start)) {
      if (chunk.start < end) continue;
      apart.push(chunk);
      end = chunk.start + chunk.length;
    }
    if (apart.length < chunks.length) notes.push('ranges overlap: where they do, one of them is left out');
    if (apart.length === 0)
      throw new UserError(
        `${source.name}: an AVML file without memory in it`,
        'acquire it again, or try a copy that is whole',
      );
    return { format: 'AVML (snappy)', ranges: rangesOf(apart), read: chunkReader(source, apart), notes };
  },
};
