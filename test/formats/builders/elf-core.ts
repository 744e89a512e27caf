/**
 * Builds ELF core files field by field from the gABI.
 */
import { ByteWriter } from './byte-writer.js';

export interface CoreSegment {
  readonly virtual?: bigint;
  readonly physical: bigint;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
}

export interface CoreNote {
  readonly owner: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface CoreOptions {
  readonly bits?: 32 | 64;
  readonly machine?: number;
  readonly type?: number;
  readonly notes?: readonly CoreNote[];
  /** e_phnum 0xffff and the count in section 0's sh_info. */
  readonly extended?: boolean;
}

export function buildNotes(notes: readonly CoreNote[]): Buffer {
  const out = new ByteWriter();
  for (const { owner, type, description } of notes)
    out
      .u32(owner.length + 1, description.length, type)
      .text(`${owner}\0`)
      .align(4)
      .bytes(description)
      .align(4);
  return out.done();
}

export function buildElfCore(segments: readonly CoreSegment[], options: CoreOptions = {}): Buffer {
  const { bits = 64, machine = 62, type = 4, notes = [], extended = false } = options;
  const wide = bits === 64;
  const noteBytes = buildNotes(notes);
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 56 : 32;
  const sectionSize = wide ? 64 : 40;
  const count = segments.length + 1;
  const programs = headerSize + (extended ? sectionSize : 0);
  const noteOffset = programs + count * entrySize;

  const out = new ByteWriter();
  const word = (...values: (number | bigint)[]) => (wide ? out.u64(...values) : out.u32(...values.map(Number)));
  out.u8(0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1).to(16);
  out.u16(type, machine).u32(1);
  word(0, programs, extended ? headerSize : 0);
  out.u32(0).u16(headerSize, entrySize, extended ? 0xffff : count, extended ? sectionSize : 0, extended ? 1 : 0, 0);
  if (extended) {
    out.u32(0, 0);
    word(0, 0, 0, 0);
    out.u32(0, count);
    word(0, 0);
  }
  const program = (
    kind: number,
    offset: number,
    virtual: bigint,
    physical: bigint,
    size: number,
    memorySize: number,
  ) => {
    if (wide) out.u32(kind, 7).u64(offset, virtual, physical, size, memorySize, 0);
    else out.u32(kind, offset, Number(virtual), Number(physical), size, memorySize, 7, 0);
  };
  program(4, noteOffset, 0n, 0n, noteBytes.length, 0);
  let offset = noteOffset + noteBytes.length;
  for (const { virtual = 0n, physical, bytes, memorySize } of segments) {
    program(1, offset, virtual, physical, bytes.length, memorySize ?? bytes.length);
    offset += bytes.length;
  }
  out.bytes(noteBytes);
  for (const { bytes } of segments) out.bytes(bytes);
  return out.done();
}

/** QEMUCPUState with recognisable values: CR3 = `cr3`, the rest derived from `seed`. */
export function qemuCpuNote(cr3: bigint, seed = 1n, options: { readonly isShort?: boolean } = {}): CoreNote {
  const out = new ByteWriter().u32(1, options.isShort ? 432 : 440);
  for (let i = 0n; i < 18n; i++) out.u64(seed * 0x100n + i);
  for (let i = 0; i < 10; i++) out.u32(i, 0xffff, 0, 0).u64(seed * 0x1000n + BigInt(i));
  out.u64(0x80050033n, 0n, 0xdead0000n, cr3, 0x6f0n);
  if (!options.isShort) out.u64(seed * 0x10000n);
  return { owner: 'QEMU', type: 0, description: out.done() };
}

/** VirtualBox's core descriptor and one processor, of the given format version. */
export function vboxNotes(cr3: bigint, version = 0x00010006): CoreNote[] {
  const descriptor = new ByteWriter().u32(0xc01ac0de, version, 24, 0x07000000, 12345, 1).done();
  const cpu = new ByteWriter();
  for (let i = 0; i < 18; i++) cpu.u64(0x1000 + i);
  for (let i = 0; i < 6; i++)
    cpu
      .u64(0x2000 + i)
      .u32(0xffff, 0)
      .u16(i, 0)
      .u32(0);
  cpu.u64(0x80000011n, 0n, cr3, 0x20n).zeros(64);
  cpu.u64(0x3000).u32(0x7f, 0).u64(0x4000).u32(0xfff, 0);
  cpu
    .zeros(48 + 24 + 48)
    .u64(0x5000)
    .zeros(40);
  return [
    { owner: 'VBCORE', type: 0xb00, description: descriptor },
    { owner: 'VBCPU', type: 0xb01, description: cpu.done() },
  ];
}
