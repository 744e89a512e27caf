/**
 * Reads the headers of an ELF file: segments, sections, symbols. For vmlinux, modules, libraries and core files alike;
 * it neither relocates nor loads anything.
 *
 * Damaged files give shorter tables, never an exception: every count is bounded by what the file can hold.
 */
import { u32 as readU32, utf8Text } from '../../core/bytes.js';
import type { ByteSource } from '../byte-source.js';
import { readBytes } from '../sources/read-bytes.js';
import type { FieldType, LayoutValue } from '../struct-layout.js';
import {
  ELF_LITTLE_ENDIAN,
  ELF_MAGIC,
  elfIdent,
  elfLayouts,
  PHNUM_EXTENDED,
  SHSTRNDX_EXTENDED,
  sectionType,
} from './layout.js';

export type ElfHeader = LayoutValue<(typeof elfLayouts)[1]['header']>;
export type ElfSegment = LayoutValue<(typeof elfLayouts)[1]['segment']>;
export type ElfSectionHeader = LayoutValue<(typeof elfLayouts)[1]['section']>;
export type ElfSection = Omit<ElfSectionHeader, 'name'> & { readonly name: string };

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: number;
  /** STT_*: 1 object, 2 function, 3 section, 4 file. */
  readonly type: number;
  /** STB_*: 0 local, 1 global, 2 weak. */
  readonly binding: number;
  /** Index of the section it is defined in; 0 undefined, 0xfff1 absolute. */
  readonly section: number;
}

export interface ElfFile {
  readonly bits: 32 | 64;
  readonly header: ElfHeader;
  readonly segments: readonly ElfSegment[];
  /** Section 0 (the null section) included, so that indexes are the file's. */
  readonly sections: readonly ElfSection[];
  /** How many program headers the file claims; more than `segments.length` when it is truncated. */
  readonly claimedSegments: number;
  /** The bytes of a section; empty for SHT_NOBITS, shorter than `size` when the file ends before. */
  sectionBytes(section: ElfSection): Uint8Array;
  /** The section of that name, if any. */
  section(name: string): ElfSection | undefined;
  /** The symbols of every table of the given type (`.symtab` unless told), in file order, the null symbol left out. */
  symbols(table?: 'symtab' | 'dynsym'): ElfSymbol[];
}

/** QEMU writes some 66,000 segments with paging; bounds the memory that a hostile file can take. */
const MAX_TABLE_ENTRIES = 1_000_000;

/** All entries of a table that are wholly in `bytes`. */
function decodeTable<T>(bytes: Uint8Array, layout: FieldType<T>, stride: number): T[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: T[] = [];
  for (let offset = 0; offset + layout.size <= bytes.length; offset += stride)
    out.push(layout.read(view, offset, true));
  return out;
}

/** Reads `count` entries of a header table, as many as are there. */
function readTable<T>(source: ByteSource, layout: FieldType<T>, at: number, stride: number, count: number): T[] {
  if (stride < layout.size || count <= 0) return [];
  const there = Math.floor((source.size - at) / stride);
  return decodeTable(readBytes(source, at, Math.min(count, there, MAX_TABLE_ENTRIES) * stride), layout, stride);
}

function textAt(strings: Uint8Array, offset: number): string {
  if (offset >= strings.length) return '';
  const end = strings.indexOf(0, offset);
  return utf8Text(strings.subarray(offset, end < 0 ? undefined : end));
}

/** Whether these are the first bytes of an ELF file that this module reads. */
export function isElf(head: Uint8Array): boolean {
  return head.length >= elfIdent.size && readU32(head, 0) === ELF_MAGIC && (head[4] === 1 || head[4] === 2);
}

/** The headers of `source`, or undefined when it is not a little-endian ELF file or ends inside its header. */
export function readElf(source: ByteSource): ElfFile | undefined {
  const head = readBytes(source, 0, 64);
  const ident = elfIdent.decode(head);
  if (ident?.magic !== ELF_MAGIC || ident.data !== ELF_LITTLE_ENDIAN) return undefined;
  if (ident.class !== 1 && ident.class !== 2) return undefined;
  const layouts = elfLayouts[ident.class];
  const header: ElfHeader | undefined = layouts.header.decode(head);
  if (!header) return undefined;

  const first = sectionAt(0);
  const sectionCount = header.sectionCount === 0 && header.sectionOffset > 0 ? (first?.size ?? 0) : header.sectionCount;
  const claimedSegments = header.programCount === PHNUM_EXTENDED && first ? first.info : header.programCount;
  const segments = readTable<ElfSegment>(
    source,
    layouts.segment,
    header.programOffset,
    header.programEntrySize,
    claimedSegments,
  );
  const headers = readTable<ElfSectionHeader>(
    source,
    layouts.section,
    header.sectionOffset,
    header.sectionEntrySize,
    sectionCount,
  );
  const namesIndex = header.sectionNames === SHSTRNDX_EXTENDED && first ? first.link : header.sectionNames;
  const names = headers[namesIndex];
  const nameBytes =
    names && names.type === sectionType.strtab ? readBytes(source, names.offset, names.size) : new Uint8Array(0);
  const sections = headers.map((section): ElfSection => ({ ...section, name: textAt(nameBytes, section.name) }));

  function sectionAt(index: number): ElfSectionHeader | undefined {
    const at = (header as ElfHeader).sectionOffset + index * (header as ElfHeader).sectionEntrySize;
    return (header as ElfHeader).sectionOffset > 0
      ? layouts.section.decode(readBytes(source, at, layouts.section.size))
      : undefined;
  }

  function sectionBytes(section: Pick<ElfSection, 'type' | 'offset' | 'size'>): Uint8Array {
    return section.type === sectionType.nobits ? new Uint8Array(0) : readBytes(source, section.offset, section.size);
  }

  function symbols(table: 'symtab' | 'dynsym' = 'symtab'): ElfSymbol[] {
    const out: ElfSymbol[] = [];
    for (const section of sections) {
      if (section.type !== sectionType[table]) continue;
      const strings = sections[section.link];
      const stringBytes = strings ? sectionBytes(strings) : new Uint8Array(0);
      const raws: LayoutValue<typeof layouts.symbol>[] = decodeTable(
        sectionBytes(section),
        layouts.symbol,
        layouts.symbol.size,
      );
      for (const { name, value, size, info, section: index } of raws.slice(1))
        out.push({
          name: textAt(stringBytes, name),
          value,
          size,
          type: info & 0xf,
          binding: info >> 4,
          section: index,
        });
    }
    return out;
  }

  return {
    bits: layouts.bits,
    header,
    segments,
    sections,
    claimedSegments,
    sectionBytes,
    section: (name) => sections.find((section) => section.name === name),
    symbols,
  };
}
