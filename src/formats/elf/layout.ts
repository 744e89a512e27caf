/**
 * ELF file structures as data, 32 and 64 bits under the same field names.
 * Source: System V ABI (gABI), chapters 4 "Object Files" and 5 "Program Loading"; note types from the writers named
 * beside them. x86 only: little-endian.
 */
import { pad, struct, u8, u16, u32, u32b, u64, u64n } from '../struct-layout.js';

export const ELF_MAGIC = 0x464c457f;

/** e_ident[EI_CLASS] and e_ident[EI_DATA]. */
export const elfClass = { bits32: 1, bits64: 2 } as const;
export const ELF_LITTLE_ENDIAN = 1;

/** e_type. */
export const elfType = { relocatable: 1, executable: 2, shared: 3, core: 4 } as const;
/** e_machine. */
export const elfMachine = { i386: 3, amd64: 62 } as const;
/** p_type. */
export const segmentType = { load: 1, note: 4 } as const;
/** sh_type. */
export const sectionType = { null: 0, progbits: 1, symtab: 2, strtab: 3, note: 7, nobits: 8, dynsym: 11 } as const;

/** e_phnum when the count does not fit: it is then in section 0's sh_info (gABI, "Program Header"). */
export const PHNUM_EXTENDED = 0xffff;
/** e_shstrndx when the index does not fit: it is then in section 0's sh_link. */
export const SHSTRNDX_EXTENDED = 0xffff;

const identFields = { magic: u32, class: u8, data: u8, identVersion: u8, osAbi: u8, _ident: pad(8) } as const;

export const elfIdent = struct(identFields);

const header32 = struct({
  ...identFields,
  type: u16,
  machine: u16,
  version: u32,
  entry: u32b,
  programOffset: u32,
  sectionOffset: u32,
  flags: u32,
  headerSize: u16,
  programEntrySize: u16,
  programCount: u16,
  sectionEntrySize: u16,
  sectionCount: u16,
  sectionNames: u16,
});

const header64 = struct({
  ...identFields,
  type: u16,
  machine: u16,
  version: u32,
  entry: u64,
  programOffset: u64n,
  sectionOffset: u64n,
  flags: u32,
  headerSize: u16,
  programEntrySize: u16,
  programCount: u16,
  sectionEntrySize: u16,
  sectionCount: u16,
  sectionNames: u16,
});

const segment32 = struct({
  type: u32,
  offset: u32,
  virtual: u32b,
  physical: u32b,
  fileSize: u32,
  memorySize: u32,
  flags: u32,
  align: u32,
});

const segment64 = struct({
  type: u32,
  flags: u32,
  offset: u64n,
  virtual: u64,
  physical: u64,
  fileSize: u64n,
  memorySize: u64n,
  align: u64n,
});

const section32 = struct({
  name: u32,
  type: u32,
  flags: u32,
  address: u32b,
  offset: u32,
  size: u32,
  link: u32,
  info: u32,
  align: u32,
  entrySize: u32,
});

const section64 = struct({
  name: u32,
  type: u32,
  flags: u64n,
  address: u64,
  offset: u64n,
  size: u64n,
  link: u32,
  info: u32,
  align: u64n,
  entrySize: u64n,
});

const symbol32 = struct({ name: u32, value: u32b, size: u32, info: u8, other: u8, section: u16 });
const symbol64 = struct({ name: u32, info: u8, other: u8, section: u16, value: u64, size: u64n });

/** The structures of each class, by e_ident[EI_CLASS]. */
export const elfLayouts = {
  [elfClass.bits32]: { bits: 32, header: header32, segment: segment32, section: section32, symbol: symbol32 },
  [elfClass.bits64]: { bits: 64, header: header64, segment: segment64, section: section64, symbol: symbol64 },
} as const;

/** Elf32_Nhdr and Elf64_Nhdr are the same. Name and description follow, each padded to 4 bytes. */
export const noteHeader = struct({ nameSize: u32, descriptionSize: u32, type: u32 });
export const NOTE_ALIGN = 4;

/** Owner name and type of the notes that memlapse reads or writes. */
export const noteKinds = {
  /** Linux include/uapi/linux/elf.h NT_PRSTATUS. */
  prstatus: { owner: 'CORE', type: 1 },
  /** Linux include/linux/crash_core.h: the text of vmcoreinfo. */
  vmcoreinfo: { owner: 'VMCOREINFO', type: 0 },
  /** QEMU target/i386/arch_dump.c: QEMUCPUState, one a processor. */
  qemuCpu: { owner: 'QEMU', type: 0 },
  /** VirtualBox include/iprt/formats/elf-common.h NT_VBOXCORE, NT_VBOXCPU. */
  vboxCore: { owner: 'VBCORE', type: 0xb00 },
  vboxCpu: { owner: 'VBCPU', type: 0xb01 },
} as const;
