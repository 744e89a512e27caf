/**
 * The headers of portable executables as data. Nothing is read here.
 * Source: Microsoft, "PE Format" (learn.microsoft.com/windows/win32/debug/pe-format).
 */
import { bytes, pad, struct, text, u8, u16, u32, u32b, u64 } from '../struct-layout.js';

/** "MZ" and "PE\0\0". */
export const DOS_MAGIC = 0x5a4d;
export const PE_SIGNATURE = 0x0000_4550;
/** Where the DOS header says at which offset the PE signature lies. */
export const DOS_NEW_HEADER = 0x3c;

export const machine = { i386: 0x14c, amd64: 0x8664 } as const;

export const coffHeader = struct({
  signature: u32,
  machine: u16,
  sectionCount: u16,
  timestamp: u32,
  symbolTable: u32,
  symbolCount: u32,
  optionalHeaderSize: u16,
  characteristics: u16,
});

/** Magic of the optional header: 32 bits, 64 bits. */
export const optionalMagic = { pe32: 0x10b, pe32Plus: 0x20b } as const;

const beforeBase = {
  magic: u16,
  linkerMajor: u8,
  linkerMinor: u8,
  codeSize: u32,
  dataSize: u32,
  bssSize: u32,
  entryPoint: u32,
  codeBase: u32,
} as const;
const afterBase = {
  sectionAlignment: u32,
  fileAlignment: u32,
  /** Versions of system, image and subsystem. */
  _versions: pad(12),
  _reserved: pad(4),
  imageSize: u32,
  headersSize: u32,
  checksum: u32,
  subsystem: u16,
  dllCharacteristics: u16,
} as const;

export const optionalHeader32 = struct({
  ...beforeBase,
  _dataBase: pad(4),
  imageBase: u32b,
  ...afterBase,
  _stackAndHeap: pad(16),
  _loaderFlags: pad(4),
  directoryCount: u32,
});
export const optionalHeader64 = struct({
  ...beforeBase,
  imageBase: u64,
  ...afterBase,
  _stackAndHeap: pad(32),
  _loaderFlags: pad(4),
  directoryCount: u32,
});

/** Index of the data directories that are read. */
export const directoryIndex = { exports: 0, imports: 1, resources: 2, debug: 6 } as const;

export const dataDirectory = struct({ rva: u32, size: u32 });

export const sectionHeader = struct({
  name: text(8),
  virtualSize: u32,
  rva: u32,
  rawSize: u32,
  rawOffset: u32,
  _relocations: pad(12),
  characteristics: u32,
});

export const exportDirectory = struct({
  _flags: pad(4),
  timestamp: u32,
  _version: pad(4),
  nameRva: u32,
  ordinalBase: u32,
  functionCount: u32,
  nameCount: u32,
  functionsRva: u32,
  namesRva: u32,
  ordinalsRva: u32,
});

export const importDescriptor = struct({
  /** Of the names; the table of addresses had them too until the loader wrote addresses there. */
  namesRva: u32,
  timestamp: u32,
  _forwarderChain: pad(4),
  nameRva: u32,
  addressesRva: u32,
});

export const resourceDirectory = struct({ _head: pad(12), namedCount: u16, idCount: u16 });
/** The uppermost bit of `name` says that it is a name, that of `place` that it is a directory. */
export const resourceEntry = struct({ name: u32, place: u32 });
export const resourceData = struct({ rva: u32, size: u32, _codePage: pad(4), _reserved: pad(4) });
export const RESOURCE_DIRECTORY_BIT = 0x8000_0000;
/** RT_VERSION. */
export const RESOURCE_VERSION = 16;

/** VS_FIXEDFILEINFO (verrsrc.h). */
export const fixedFileInfo = struct({
  signature: u32,
  _structVersion: pad(4),
  fileVersionHigh: u32,
  fileVersionLow: u32,
  productVersionHigh: u32,
  productVersionLow: u32,
});
export const FIXED_FILE_INFO = 0xfeef_04bd;

export const debugDirectory = struct({
  _flags: pad(4),
  timestamp: u32,
  _version: pad(4),
  type: u32,
  size: u32,
  rva: u32,
  offset: u32,
});
/** IMAGE_DEBUG_TYPE_CODEVIEW. */
export const DEBUG_CODEVIEW = 2;

/** "RSDS": the record that names the program database. */
export const RSDS_SIGNATURE = 0x5344_5352;
export const rsdsRecord = struct({
  signature: u32,
  guid: struct({ data1: u32, data2: u16, data3: u16, data4: bytes(8) }),
  age: u32,
});
