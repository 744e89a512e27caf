/**
 * Writes memory as a raw image: file offset = physical address, holes of memory as holes of the file.
 */
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import type { Sink } from '../sinks/sink.js';
import { type Writing, writeRanges } from '../sinks/write-ranges.js';

/** Also loses what raw files have no place for: registers, vmcoreinfo, and which addresses are holes. */
export function writeRaw(memory: PhysicalMemory, sink: Sink): Writing {
  let position = 0;
  return writeRanges(memory, sink, ({ start, end }) => {
    if (start > position) sink.skip(start - position);
    position = end;
  });
}
