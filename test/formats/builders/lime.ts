/** Builds LiME images from the header's description in LiME's documentation. */
import { ByteWriter } from './byte-writer.js';
import type { GuestRange } from './guest.js';

export function buildLime(ranges: readonly GuestRange[]): Buffer {
  const out = new ByteWriter();
  for (const { start, bytes } of ranges)
    out
      .text('EMiL')
      .u32(1)
      .u64(start, start + bytes.length - 1, 0)
      .bytes(bytes);
  return out.done();
}
