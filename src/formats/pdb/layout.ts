/**
 * Program databases as data: the multi-stream container (MSF 7) and the headers and record kinds of CodeView inside of it.
 * Nothing is read here.
 *
 * Source: microsoft-pdb (the format's headers, published by Microsoft under MIT); "The PDB File Format" in LLVM's manual.
 */
import { bytes, i32, pad, struct, text, u16, u32 } from '../struct-layout.js';

export const MSF_MAGIC = 'Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0';
/** Of PDB 2.0, which Visual C++ 6 wrote. */
export const OLD_MAGIC = 'Microsoft C/C++ program database 2.00';

export const superBlock = struct({
  _magic: pad(32),
  blockSize: u32,
  freeBlockMap: u32,
  blockCount: u32,
  directoryBytes: u32,
  _unknown: pad(4),
  /** Block that lists the directory's blocks. */
  directoryMap: u32,
});
export const BLOCK_SIZES: readonly number[] = [512, 1024, 2048, 4096, 8192, 16384, 32768];

/** Streams with fixed numbers. */
export const streamNumber = { info: 1, types: 2, debug: 3, ids: 4 } as const;
/** Size of a stream that is not there. */
export const NO_STREAM_SIZE = 0xffff_ffff;
export const NO_STREAM = 0xffff;

export const guid = struct({ data1: u32, data2: u16, data3: u16, data4: bytes(8) });
export const infoHeader = struct({ version: u32, signature: u32, age: u32, guid });

/** Of TPI and IPI alike. */
export const typeHeader = struct({
  version: u32,
  headerSize: u32,
  firstIndex: u32,
  endIndex: u32,
  recordBytes: u32,
});

export const debugHeader = struct({
  _signature: i32,
  version: u32,
  age: u32,
  _globals: pad(2),
  _build: pad(2),
  _publics: pad(2),
  _pdbDll: pad(2),
  symbolStream: u16,
  _rebuild: pad(2),
  modulesSize: u32,
  contributionsSize: u32,
  sectionMapSize: u32,
  sourcesSize: u32,
  typeServerSize: u32,
  _mfc: pad(4),
  /** The list of further streams: behind all others. */
  extraSize: u32,
  editSize: u32,
  _flags: pad(2),
  machine: u16,
  _reserved: pad(4),
});
/** Places in the list of further streams (u16 each). */
export const extraStream = { omapFromSource: 4, sections: 5, originalSections: 10 } as const;

export const sectionHeader = struct({
  name: text(8),
  virtualSize: u32,
  rva: u32,
  rawSize: u32,
  _rest: pad(16),
  flags: u32,
});

export const symbolKind = { public32: 0x110e, globalData: 0x110d, localData: 0x110c } as const;
/** The kinds above but for the first differ in having a type in front: `u32, offset u32, segment u16, name`. */
export const symbolBody = struct({ flagsOrType: u32, offset: u32, segment: u16 });

/** Leaf kinds of type records (cvinfo.h). */
export const leaf = {
  modifier: 0x1001,
  pointer: 0x1002,
  procedure: 0x1008,
  memberFunction: 0x1009,
  argumentList: 0x1201,
  fieldList: 0x1203,
  bitField: 0x1205,
  baseClass: 0x1400,
  virtualBaseClass: 0x1401,
  indirectVirtualBaseClass: 0x1402,
  index: 0x1404,
  virtualTable: 0x1409,
  enumerate: 0x1502,
  array: 0x1503,
  class: 0x1504,
  structure: 0x1505,
  union: 0x1506,
  enum: 0x1507,
  member: 0x150d,
  staticMember: 0x150e,
  methodGroup: 0x150f,
  nestedType: 0x1510,
  method: 0x1511,
} as const;

/** Leaf kinds of id records. */
export const idLeaf = {
  function: 0x1601,
  method: 0x1602,
  build: 0x1603,
  strings: 0x1604,
  string: 0x1605,
  declaration: 0x1606,
  moduleDeclaration: 0x1607,
} as const;

/** Property bit of a record that only announces a type. */
export const FORWARD = 0x80;
/** Property bit: a second, unique name behind the first. */
export const HAS_UNIQUE_NAME = 0x200;

/** Numbers in records: below this as they are, else a kind of these and the value. */
export const NUMERIC = 0x8000;
export const numeric: Readonly<Record<number, { readonly size: number; readonly signed: boolean }>> = {
  32768: { size: 1, signed: true },
  32769: { size: 2, signed: true },
  32770: { size: 2, signed: false },
  32771: { size: 4, signed: true },
  32772: { size: 4, signed: false },
  32777: { size: 8, signed: true },
  32778: { size: 8, signed: false },
};

/** Indices below are built-in types: what in the low byte, a pointer to it in bits 8 to 11. */
export const FIRST_RECORD = 0x1000;
export const POINTER_MODES: Readonly<Record<number, 4 | 8>> = { 4: 4, 5: 4, 6: 8 };

export interface Primitive {
  readonly kind: 'void' | 'int' | 'float' | 'bool' | 'char';
  readonly name: string;
  readonly size: number;
  readonly signed?: boolean;
}

const int = (name: string, size: number, signed: boolean): Primitive => ({ kind: 'int', name, size, signed });
const float = (name: string, size: number): Primitive => ({ kind: 'float', name, size });
const bool = (size: number): Primitive => ({ kind: 'bool', name: size === 1 ? 'bool' : `bool${size * 8}`, size });

export const PRIMITIVES: Readonly<Record<number, Primitive>> = {
  0: { kind: 'void', name: 'void', size: 0 },
  3: { kind: 'void', name: 'void', size: 0 },
  8: int('long', 4, true),
  16: { kind: 'char', name: 'char', size: 1, signed: true },
  32: int('unsigned char', 1, false),
  104: int('int8_t', 1, true),
  105: int('uint8_t', 1, false),
  112: { kind: 'char', name: 'char', size: 1, signed: true },
  113: int('wchar', 2, false),
  122: int('char16_t', 2, false),
  123: int('char32_t', 4, false),
  124: int('char8_t', 1, false),
  17: int('short', 2, true),
  33: int('unsigned short', 2, false),
  114: int('short', 2, true),
  115: int('unsigned short', 2, false),
  18: int('long', 4, true),
  34: int('unsigned long', 4, false),
  116: int('int', 4, true),
  117: int('unsigned int', 4, false),
  19: int('long long', 8, true),
  35: int('unsigned long long', 8, false),
  118: int('long long', 8, true),
  119: int('unsigned long long', 8, false),
  20: int('int128_t', 16, true),
  36: int('uint128_t', 16, false),
  120: int('int128_t', 16, true),
  121: int('uint128_t', 16, false),
  70: float('float16', 2),
  64: float('float', 4),
  65: float('double', 8),
  66: float('long double', 10),
  67: float('float128', 16),
  48: bool(1),
  49: bool(2),
  50: bool(4),
  51: bool(8),
};

export const machines: Readonly<Record<number, { readonly name: string; readonly pointerSize: 4 | 8 }>> = {
  332: { name: 'i386', pointerSize: 4 },
  34404: { name: 'amd64', pointerSize: 8 },
  43620: { name: 'arm64', pointerSize: 8 },
};
