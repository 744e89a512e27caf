/**
 * The part that all writers share: the ranges of a memory into a sink, step by step.
 */
import type { PhysicalMemory, PhysicalRange } from '../../memory/physical-memory.js';
import { scanChunks } from '../../memory/scan-chunks.js';
import type { Sink } from './sink.js';

export interface WriteReport {
  /** Bytes of memory written, holes not counted. */
  readonly written: number;
  /** Bytes of pages that should be there and could not be read: zeros in the file. */
  readonly unreadable: number;
}

/** A writer at work: yields how many bytes of memory are done, now and then, so that its caller can show and stop it. */
export type Writing = Generator<number, WriteReport, undefined>;

/** Writes all ranges one after the other; `before` puts into the sink what goes before each. */
export function* writeRanges(memory: PhysicalMemory, sink: Sink, before?: (range: PhysicalRange) => void): Writing {
  let next = 0;
  let at = 0;
  let end = 0;
  let written = 0;
  let unreadable = 0;

  /** Opens ranges up to the one that holds `address`; what is left unwritten on the way could not be read. */
  const advance = (address: number): void => {
    for (;;) {
      const stop = Math.min(address, end);
      if (stop > at) sink.skip(stop - at);
      unreadable += stop - at;
      at = stop;
      const range = memory.ranges[next];
      if (address < end || !range) return;
      next++;
      before?.(range);
      at = range.start;
      end = range.end;
    }
  };

  for (const { address, bytes } of scanChunks(memory)) {
    advance(address);
    sink.write(bytes);
    at += bytes.length;
    written += bytes.length;
    yield written + unreadable;
  }
  advance(Number.POSITIVE_INFINITY);
  return { written, unreadable };
}
