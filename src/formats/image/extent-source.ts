/**
 * A file rebuilt from pieces of another one (a flattened dump, a stream inside a disk image) as a `ByteSource`.
 */
import type { ByteSource } from '../byte-source.js';
import { type Extent, lastAtOrBelow } from './extents.js';

/**
 * The largest file that is believed to be rebuilt from `source`. Dumps have few holes: one that claims far more than it
 * holds is damaged, or a trap that no scan would ever get through.
 */
export function rebuiltLimit(source: ByteSource): number {
  return source.size * 16 + 2 ** 30;
}

/**
 * @param extents ascending and disjoint; between them the file reads as zeros, like the holes of a sparse file.
 * @param size of the rebuilt file; closing it closes `source`.
 */
export function extentSource(source: ByteSource, extents: readonly Extent[], name: string, size: number): ByteSource {
  const starts = Float64Array.from(extents, (extent) => extent.start);
  const lengths = Float64Array.from(extents, (extent) => extent.length);
  const offsets = Float64Array.from(extents, (extent) => extent.offset);

  return {
    name,
    size,
    read(offset, target) {
      const length = Math.min(target.length, size - offset);
      let index = lastAtOrBelow(starts, offset);
      let done = 0;
      while (done < length) {
        const inside = index < 0 ? 0 : offset + done - (starts[index] as number);
        const held = index < 0 ? 0 : (lengths[index] as number) - inside;
        if (held > 0) {
          const part = target.subarray(done, done + Math.min(held, length - done));
          const got = source.read((offsets[index] as number) + inside, part);
          done += got;
          if (got < part.length) break;
        } else {
          const next = (starts[++index] ?? Number.POSITIVE_INFINITY) - offset;
          const stop = Math.min(Math.max(next, done), length);
          target.fill(0, done, stop);
          done = stop;
        }
      }
      return done;
    },
    close: () => source.close(),
  };
}
