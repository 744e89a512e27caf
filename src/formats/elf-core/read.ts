/**
 * Opens ELF core files of whole machines, 32 and 64 bits.
 */
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { type ElfFile, isElf, readElf } from '../elf/elf-file.js';
import { elfMachine, elfType, segmentType } from '../elf/layout.js';
import { type ElfNote, readNotes } from '../elf/notes.js';
import type { MemoryFormat } from '../format.js';
import { extentReader } from '../image/extent-reader.js';
import { type Extent, orderExtents } from '../image/extents.js';
import { rangesOf } from '../image/ranges.js';
import { readBytes } from '../sources/read-bytes.js';
import { physicalSegments } from './physical-segments.js';
import { registersFromNotes, vmcoreinfoFromNotes, writerFromNotes } from './registers.js';

/** Notes of a machine with a few thousand processors stay below this. */
const MAX_NOTE_BYTES = 64 * 1024 * 1024;

function notesOf(elf: ElfFile, source: ByteSource): ElfNote[] {
  let budget = MAX_NOTE_BYTES;
  const notes: ElfNote[] = [];
  for (const segment of elf.segments) {
    if (segment.type !== segmentType.note || budget <= 0) continue;
    const bytes = readBytes(source, segment.offset, Math.min(segment.fileSize, budget));
    budget -= bytes.length;
    notes.push(...readNotes(bytes));
  }
  return notes;
}

/**
 * Each byte of a core file is memory at one address. Headers that put the same bytes to many addresses could describe
 * any amount of memory in a small file, which no scan would ever get through.
 */
function withinFile(extents: readonly Extent[], fileSize: number, notes: string[]): Extent[] {
  let total = 0;
  const kept = extents.filter(({ length }) => {
    total += length;
    return total <= fileSize;
  });
  if (kept.length < extents.length)
    notes.push('the program headers claim more memory than the file holds: what exceeds it is left out');
  return kept;
}

export const elfCoreFormat: MemoryFormat = {
  name: 'elf',
  detect: isElf,
  open(source) {
    const elf = readElf(source);
    if (!elf)
      throw new UserError(`${source.name}: not a little-endian ELF file`, 'only images of x86 machines are supported');
    if (elf.header.type !== elfType.core)
      throw new UserError(
        `${source.name}: an ELF program or library, not a memory image`,
        'name the memory image instead',
      );

    const { extents, notes, isProcess } = physicalSegments(elf, source.size);
    if (isProcess)
      throw new UserError(
        `${source.name}: the core file of one process, not of a machine`,
        'open it with a debugger, or acquire the memory of the whole machine',
      );
    const ordered = withinFile(orderExtents(extents, 'first'), source.size, notes);
    if (ordered.length === 0)
      throw new UserError(`${source.name}: an ELF core file without memory in it`, 'try a copy that is whole');
    const { machine } = elf.header;
    if (machine !== elfMachine.i386 && machine !== elfMachine.amd64)
      notes.push(`the core is of a machine that is not x86 (e_machine ${machine})`);

    const elfNotes = notesOf(elf, source);
    const writer = writerFromNotes(elfNotes);
    return {
      format: writer ? `ELF core (${writer})` : 'ELF core',
      ranges: rangesOf(ordered),
      read: extentReader(source, ordered),
      registers: registersFromNotes(elfNotes),
      vmcoreinfo: vmcoreinfoFromNotes(elfNotes),
      notes,
    };
  },
};
