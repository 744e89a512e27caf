/**
 * Reads a target (memory, or a rebuilt file) that is made of extents of a `ByteSource`, straight into the caller's array.
 */
import type { ByteSource } from '../byte-source.js';
import { type Extent, lastAtOrBelow } from './extents.js';

/** Copies from `start` into `target`; returns the length of the prefix that is there. */
export type PrefixReader = (start: number, target: Uint8Array) => number;

/** A reader over `extents` (ascending and disjoint, as `orderExtents` gives them). */
export function extentReader(source: ByteSource, extents: readonly Extent[]): PrefixReader {
  const starts = Float64Array.from(extents, (extent) => extent.start);
  const lengths = Float64Array.from(extents, (extent) => extent.length);
  const offsets = Float64Array.from(extents, (extent) => extent.offset);

  return (start, target) => {
    let index = lastAtOrBelow(starts, start);
    let done = 0;
    while (index >= 0 && index < starts.length && done < target.length) {
      const inside = start + done - (starts[index] as number);
      const length = Math.min((lengths[index] as number) - inside, target.length - done);
      if (inside < 0 || length <= 0) break;
      const got = source.read((offsets[index] as number) + inside, target.subarray(done, done + length));
      done += got;
      if (got < length) break;
      index++;
    }
    return done;
  };
}
