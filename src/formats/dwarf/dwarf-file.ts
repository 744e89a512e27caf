/**
 * The debug sections of an ELF file and the units in them, read one unit at a time: a kernel's 150 MB of entries never
 * are in memory together. Type units (-fdebug-types-section) and split files (.dwo) are not followed: kernels have none.
 *
 * Source: DWARF 5, section 7.5.1 (unit headers; version 4's differ in the order of two fields).
 */
import { inflateSync } from 'node:zlib';
import { u8, u16, u32, u64Number } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { type ElfFile, type ElfSection, readElf } from '../elf/elf-file.js';
import { readBytes } from '../sources/read-bytes.js';
import { type AbbreviationTable, readAbbreviations } from './abbreviations.js';
import { UNIT } from './layout.js';

export interface DwarfUnit {
  /** Where the unit starts in .debug_info: references between units count from the section's start. */
  readonly start: number;
  readonly version: number;
  readonly addressSize: number;
  /** 4, or 8 in 64-bit DWARF. */
  readonly offsetSize: 4 | 8;
  /** The whole unit, header included; references inside of the unit are offsets into it. */
  readonly bytes: Uint8Array;
  /** Offset of the first entry in `bytes`. */
  readonly entries: number;
  readonly abbreviations: AbbreviationTable;
}

/** No compilation unit comes near this; bounds what a forged length can make us read. */
const MAX_UNIT = 256 * 1024 * 1024;
const SHF_COMPRESSED = 0x800;
const DWARF64_ESCAPE = 0xffff_ffff;

export class DwarfFile {
  readonly elf: ElfFile;
  readonly strings: Uint8Array;
  readonly lineStrings: Uint8Array;
  readonly stringOffsets: Uint8Array;
  readonly #info: ByteWindow;
  readonly #abbreviations: Uint8Array;
  readonly #tables = new Map<number, AbbreviationTable>();

  private constructor(source: ByteSource, elf: ElfFile, info: ElfSection) {
    this.elf = elf;
    const section = (name: string): Uint8Array => {
      const found = elf.section(name);
      return found === undefined ? new Uint8Array(0) : sectionContent(elf, found);
    };
    this.strings = section('.debug_str');
    this.lineStrings = section('.debug_line_str');
    this.stringOffsets = section('.debug_str_offsets');
    this.#abbreviations = section('.debug_abbrev');
    this.#info = isCompressed(info)
      ? bufferWindow(sectionContent(elf, info))
      : { size: info.size, read: (offset, length) => readBytes(source, info.offset + offset, length) };
  }

  /** Opens the debug information of an ELF file; undefined when it is no ELF file or has none. */
  static open(source: ByteSource): DwarfFile | undefined {
    const elf = readElf(source);
    const info = elf?.section('.debug_info');
    return elf === undefined || info === undefined || info.size === 0 ? undefined : new DwarfFile(source, elf, info);
  }

  /** The units in order. Stops at the first header that is not one. */
  *units(): Generator<DwarfUnit> {
    let start = 0;
    while (start < this.#info.size) {
      const unit = this.#unitAt(start);
      if (unit === undefined) return;
      start += unit.bytes.length;
      if (unit.version >= 2 && unit.version <= 5) yield unit;
    }
  }

  #unitAt(start: number): DwarfUnit | undefined {
    const head = this.#info.read(start, 48);
    if (head.length < 11) return undefined;
    const offsetSize = u32(head, 0) === DWARF64_ESCAPE ? 8 : 4;
    const lengthSize = offsetSize === 8 ? 12 : 4;
    if (head.length < lengthSize + 2 + 2 + offsetSize) return undefined;
    const length = lengthSize + (offsetSize === 8 ? u64Number(head, 4) : u32(head, 0));
    if (length > MAX_UNIT || length > this.#info.size - start || length < lengthSize + 3 + offsetSize) return undefined;
    const version = u16(head, lengthSize);
    const modern = version >= 5;
    const at = lengthSize + 2;
    const unitType = modern ? u8(head, at) : UNIT.compile;
    const addressSize = u8(head, modern ? at + 1 : at + offsetSize);
    const tableAt = modern ? at + 2 : at;
    const table = offsetSize === 8 ? u64Number(head, tableAt) : u32(head, tableAt);
    const isTypeUnit = unitType === UNIT.type || unitType === UNIT.splitType;
    const hasId = unitType === UNIT.skeleton || unitType === UNIT.splitCompile;
    const extra = isTypeUnit ? 8 + offsetSize : hasId ? 8 : 0;
    return {
      start,
      version,
      addressSize,
      offsetSize,
      bytes: this.#info.read(start, length),
      entries: at + offsetSize + (modern ? 2 : 1) + extra,
      abbreviations: this.#table(table),
    };
  }

  /** Units of one compiler run share a table now and then; the last few are kept. */
  #table(offset: number): AbbreviationTable {
    let table = this.#tables.get(offset);
    if (table === undefined) {
      table = readAbbreviations(this.#abbreviations, offset);
      if (this.#tables.size >= 16) this.#tables.clear();
      this.#tables.set(offset, table);
    }
    return table;
  }
}

interface ByteWindow {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

function bufferWindow(bytes: Uint8Array): ByteWindow {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

const isCompressed = (section: ElfSection): boolean => (Number(section.flags) & SHF_COMPRESSED) !== 0;

/** A section's bytes, decompressed when the linker was told to compress debug sections (gABI, Elf_Chdr). */
function sectionContent(elf: ElfFile, section: ElfSection): Uint8Array {
  const bytes = elf.sectionBytes(section);
  if (!isCompressed(section)) return bytes;
  const headerSize = elf.bits === 64 ? 24 : 12;
  const zlib = 1;
  if (bytes.length < headerSize || u32(bytes, 0) !== zlib) return new Uint8Array(0);
  return inflateSync(bytes.subarray(headerSize));
}
