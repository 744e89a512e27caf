/**
 * The parts of an ELF executable that a boot loader needs (System V gABI, chapters 4 and 5): class, entry, load
 * segments by physical address, notes. Not an ELF library.
 */

import { u8, u16, u32, u64Number } from '../../../core/bytes.js';
import { UserError } from '../../../core/errors.js';
import { type Placement, placementEnd } from './boot-plan.js';

const PT_LOAD = 1;
const PT_NOTE = 4;
const EM_386 = 3;
const EM_X86_64 = 62;
/** All segments together with the zeros behind them; kernels have some tens of MiB. */
const MEMORY_MOST = 1 << 30;

interface Layout {
  readonly entry: number;
  readonly phoff: number;
  readonly phentsize: number;
  readonly phnum: number;
  readonly segment: { offset: number; paddr: number; filesz: number; memsz: number };
  readonly wide: boolean;
}

const LAYOUT_32: Layout = {
  entry: 24,
  phoff: 28,
  phentsize: 42,
  phnum: 44,
  segment: { offset: 4, paddr: 12, filesz: 16, memsz: 20 },
  wide: false,
};
const LAYOUT_64: Layout = {
  entry: 24,
  phoff: 32,
  phentsize: 54,
  phnum: 56,
  segment: { offset: 8, paddr: 24, filesz: 32, memsz: 40 },
  wide: true,
};

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface ElfImage {
  readonly bits: 32 | 64;
  readonly entry: number;
  /** Load segments as they lie in physical memory, with the zeros behind them. */
  readonly placements: readonly Placement[];
  /** One past the highest byte loaded. */
  readonly end: number;
  readonly notes: readonly ElfNote[];
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 52 && u32(bytes, 0) === 0x464c_457f;
}

/** @throws UserError when the file is damaged or not for x86. */
export function readElfImage(bytes: Uint8Array): ElfImage {
  const elfClass = u8(bytes, 4);
  const machine = u16(bytes, 18);
  if ((elfClass !== 1 && elfClass !== 2) || u8(bytes, 5) !== 1 || (machine !== EM_386 && machine !== EM_X86_64)) {
    throw new UserError('the kernel is an ELF file, but not for x86', 'give an x86 kernel');
  }
  const layout = elfClass === 2 ? LAYOUT_64 : LAYOUT_32;
  const word = (at: number): number => {
    const size = layout.wide ? 8 : 4;
    if (at + size > bytes.length) throw truncated();
    return layout.wide ? u64Number(bytes, at) : u32(bytes, at);
  };
  const placements: Placement[] = [];
  const notes: ElfNote[] = [];
  const table = word(layout.phoff);
  let total = 0;
  const entrySize = u16(bytes, layout.phentsize);
  for (let i = 0; i < u16(bytes, layout.phnum); i++) {
    const at = table + i * entrySize;
    const type = at + 4 <= bytes.length ? u32(bytes, at) : 0;
    if (type !== PT_LOAD && type !== PT_NOTE) continue;
    const [offset, paddr, filesz, memsz] = (['offset', 'paddr', 'filesz', 'memsz'] as const).map((field) =>
      word(at + layout.segment[field]),
    ) as [number, number, number, number];
    total += Math.max(memsz, filesz);
    if (offset + filesz > bytes.length || total > MEMORY_MOST) throw truncated();
    const content = bytes.subarray(offset, offset + filesz);
    if (type === PT_NOTE) notes.push(...readNotes(content));
    else if (memsz > 0) placements.push({ address: paddr, bytes: content, zeros: Math.max(memsz - filesz, 0) });
  }
  const end = Math.max(0, ...placements.map(placementEnd));
  return { bits: elfClass === 2 ? 64 : 32, entry: word(layout.entry), placements, end, notes };
}

function readNotes(bytes: Uint8Array): ElfNote[] {
  const notes: ElfNote[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameSize = u32(bytes, at);
    const size = u32(bytes, at + 4);
    const name = at + 12;
    const description = name + ((nameSize + 3) & ~3);
    if (description < name || description + size > bytes.length) break;
    notes.push({
      name: new TextDecoder('latin1').decode(bytes.subarray(name, name + Math.max(nameSize - 1, 0))),
      type: u32(bytes, at + 8),
      description: bytes.subarray(description, description + size),
    });
    at = description + ((size + 3) & ~3);
  }
  return notes;
}

function truncated(): UserError {
  return new UserError('the kernel file is truncated or damaged', 'fetch it again');
}
