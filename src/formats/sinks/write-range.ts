/**
 * The part that all writers share: a stretch of memory into a sink, step by step.
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

/** Writes [range.start, range.end), which is one of the memory's ranges; yields the bytes of each step. */
export function* writeRange(memory: PhysicalMemory, range: PhysicalRange, sink: Sink): Writing {
  let at = range.start;
  let unreadable = 0;
  const pad = (to: number) => {
    if (to > at) sink.skip(to - at);
    unreadable += to - at;
    at = to;
  };
  for (const window of scanChunks(memory, { start: range.start, end: range.end })) {
    pad(window.address);
    sink.write(window.bytes);
    at += window.bytes.length;
    yield at - range.start;
  }
  pad(range.end);
  return { written: range.end - range.start - unreadable, unreadable };
}

/** Writes all ranges one after the other; `before` puts into the sink what goes before each. */
export function* writeRanges(
  memory: PhysicalMemory,
  sink: Sink,
  before: (range: PhysicalRange) => void = () => {},
): Writing {
  let written = 0;
  let unreadable = 0;
  for (const range of memory.ranges) {
    before(range);
    const writing = writeRange(memory, range, sink);
    let step = writing.next();
    for (; !step.done; step = writing.next()) yield written + unreadable + step.value;
    written += step.value.written;
    unreadable += step.value.unreadable;
  }
  return { written, unreadable };
}
