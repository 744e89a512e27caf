/**
 * Writes memory as an ELF64 core file: a PT_LOAD segment with its physical address for each range, and what is known
 * beside memory as notes (registers as QEMU writes them, VMCOREINFO).
 */
import { PAGE_SIZE } from '../../core/address.js';
import type { PhysicalMemory, ProcessorRegisters } from '../../memory/physical-memory.js';
import {
  ELF_LITTLE_ENDIAN,
  ELF_MAGIC,
  elfClass,
  elfLayouts,
  elfMachine,
  elfType,
  noteKinds,
  PHNUM_EXTENDED,
  segmentType,
} from '../elf/layout.js';
import { type ElfNote, writeNotes } from '../elf/notes.js';
import type { Sink } from '../sinks/sink.js';
import { type Writing, writeRanges } from '../sinks/write-ranges.js';
import type { LayoutValue } from '../struct-layout.js';
import { prstatus, prstatusRegisters, QEMU_CPU_VERSION, qemuCpu, qemuGeneralRegisters } from './layout.js';

const { header: elfHeader, segment: elfSegment, section: elfSection } = elfLayouts[elfClass.bits64];
const EV_CURRENT = 1;
const PF_R_W_X = 7;

function generalRegister({ general, rip, gsBase }: ProcessorRegisters, name: string): bigint {
  const others: Readonly<Record<string, bigint | undefined>> = { rip, gs_base: gsBase };
  return general?.[name] ?? others[name] ?? 0n;
}

/** Registers for debuggers, which call a processor a thread and count from 1; what is not known is zero. */
function threadNote(registers: ProcessorRegisters, index: number): ElfNote {
  const values = prstatusRegisters.map((name) => generalRegister(registers, name));
  return { ...noteKinds.prstatus, description: prstatus.encode({ pid: index + 1, registers: values }) };
}

/** Registers as a QEMUCPUState; what is not known is zero. */
function registersNote(registers: ProcessorRegisters): ElfNote {
  const segment = (base = 0n) => ({ selector: 0, limit: 0, flags: 0, base });
  const plain = { cs: segment(), ds: segment(), es: segment(), fs: segment(), ss: segment() };
  const state: LayoutValue<typeof qemuCpu> = {
    version: QEMU_CPU_VERSION,
    size: qemuCpu.size,
    general: qemuGeneralRegisters.map((name) => generalRegister(registers, name)),
    ...plain,
    gs: segment(registers.gsBase),
    ldt: segment(),
    tr: segment(),
    gdt: segment(),
    idt: segment(registers.idt),
    cr: [registers.cr0 ?? 0n, 0n, 0n, registers.cr3, registers.cr4 ?? 0n],
    kernelGsBase: registers.kernelGsBase ?? 0n,
  };
  return { ...noteKinds.qemuCpu, description: qemuCpu.encode(state) };
}

function notesOf(memory: PhysicalMemory): Uint8Array {
  const notes = [...memory.registers.map(threadNote), ...memory.registers.map(registersNote)];
  if (memory.vmcoreinfo !== undefined)
    notes.push({ ...noteKinds.vmcoreinfo, description: Buffer.from(memory.vmcoreinfo, 'utf8') });
  return writeNotes(notes);
}

/** Everything before memory, padded to a page. */
function headers(memory: PhysicalMemory): Uint8Array {
  const notes = notesOf(memory);
  const count = memory.ranges.length + 1;
  const isExtended = count >= PHNUM_EXTENDED;
  const programOffset = elfHeader.size;
  const sectionOffset = programOffset + count * elfSegment.size;
  const notesOffset = sectionOffset + (isExtended ? elfSection.size : 0);
  const dataOffset = Math.ceil((notesOffset + notes.length) / PAGE_SIZE) * PAGE_SIZE;
  const out = new Uint8Array(dataOffset);

  const header = elfHeader.encode({
    magic: ELF_MAGIC,
    class: elfClass.bits64,
    data: ELF_LITTLE_ENDIAN,
    identVersion: EV_CURRENT,
    osAbi: 0,
    type: elfType.core,
    machine: elfMachine.amd64,
    version: EV_CURRENT,
    entry: 0n,
    programOffset,
    sectionOffset: isExtended ? sectionOffset : 0,
    flags: 0,
    headerSize: elfHeader.size,
    programEntrySize: elfSegment.size,
    programCount: Math.min(count, PHNUM_EXTENDED),
    sectionEntrySize: isExtended ? elfSection.size : 0,
    sectionCount: isExtended ? 1 : 0,
    sectionNames: 0,
  });
  out.set(header);
  const section = {
    name: 0,
    type: 0,
    flags: 0,
    address: 0n,
    offset: 0,
    size: 0,
    link: 0,
    info: count,
    align: 0,
    entrySize: 0,
  };
  if (isExtended) out.set(elfSection.encode(section), sectionOffset);
  out.set(notes, notesOffset);

  let at = programOffset;
  const add = (
    segment: Pick<LayoutValue<typeof elfSegment>, 'type' | 'flags' | 'offset' | 'physical' | 'fileSize' | 'align'>,
  ) => {
    // Physical addresses stand as virtual ones, too: debuggers know no others.
    out.set(elfSegment.encode({ ...segment, virtual: segment.physical, memorySize: segment.fileSize }), at);
    at += elfSegment.size;
  };
  add({ type: segmentType.note, flags: 0, offset: notesOffset, physical: 0n, fileSize: notes.length, align: 0 });
  let offset = dataOffset;
  for (const { start, end } of memory.ranges) {
    const fileSize = end - start;
    add({ type: segmentType.load, flags: PF_R_W_X, offset, physical: BigInt(start), fileSize, align: 0 });
    offset += fileSize;
  }
  return out;
}

/** Keeps registers as far as `ProcessorRegisters` has them, and vmcoreinfo. */
export function writeElfCore(memory: PhysicalMemory, sink: Sink): Writing {
  sink.write(headers(memory));
  return writeRanges(memory, sink);
}
