/**
 * Writes memory in the LiME format, version 1: a header and the bytes for each range.
 */
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { Sink } from '../sinks/sink.js';
import { type Writing, writeRanges } from '../sinks/write-ranges.js';
import { LIME_MAGIC, LIME_VERSION, limeHeader } from './layout.js';

/** Loses registers and vmcoreinfo. */
export function writeLime(memory: PhysicalMemory, sink: Sink): Writing {
  return writeRanges(memory, sink, ({ start, end }) =>
    sink.write(limeHeader.encode({ magic: LIME_MAGIC, version: LIME_VERSION, start, last: end - 1, reserved: 0 })),
  );
}
