/**
 * The cells of a registry hive as data: the same in files and in memory, and in all versions of NT since 3.51.
 *
 * Layouts begin behind the cell's size word. Nothing is read here.
 * Source: "Windows registry file format specification", M. Suhanov (github.com/msuhanov/regf); Microsoft's public symbols
 * (_CM_KEY_NODE, _CM_KEY_VALUE, _CM_BIG_DATA).
 */
import { pad, struct, u16, u32, u64 } from '../struct-layout.js';

/** Bytes of the size word that every cell begins with. Negative while the cell is in use. */
export const CELL_HEAD = 4;
/** A cell index that leads nowhere. */
export const NO_CELL = 0xffff_ffff;
/** Set in the indexes of cells that are kept in memory only. */
export const VOLATILE_CELL = 0x8000_0000;

/** Two letters, as the little-endian word that they make. */
function signature(letters: string): number {
  return letters.charCodeAt(0) | (letters.charCodeAt(1) << 8);
}

export const SIGNATURES = {
  key: signature('nk'),
  /** A key that another hive hangs at. */
  link: signature('lk'),
  value: signature('vk'),
  /** Lists of subkeys: plain, with four letters of the name, with a hash of the name, of lists. */
  leaf: signature('li'),
  fastLeaf: signature('lf'),
  hashLeaf: signature('lh'),
  root: signature('ri'),
  bigData: signature('db'),
} as const;

/** "bmfa": the header of a hive, as _HBASE_BLOCK.Signature has it ("regf"). */
export const HIVE_SIGNATURE = 0x6667_6572;
/** _HHIVE.Signature. */
export const MAPPED_HIVE_SIGNATURE = 0xbee0_bee0;

/** Without its name, which follows. */
export const keyNode = struct({
  signature: u16,
  flags: u16,
  lastWritten: u64,
  _spare: pad(4),
  parent: u32,
  /** Of subkeys in the file, and of those in memory only. */
  subkeyCount: u32,
  volatileSubkeyCount: u32,
  subkeys: u32,
  volatileSubkeys: u32,
  valueCount: u32,
  values: u32,
  security: u32,
  className: u32,
  _maxima: pad(20),
  nameLength: u16,
  classLength: u16,
});

export const keyFlag = {
  /** The root of another hive hangs here (KEY_HIVE_EXIT): its address lies where the lists of subkeys are. */
  hiveExit: 0x02,
  /** The root of a hive. */
  hiveEntry: 0x04,
  symbolicLink: 0x10,
  /** The name has one byte a character. */
  compressedName: 0x20,
} as const;

export const valueCell = struct({
  signature: u16,
  nameLength: u16,
  /** The highest bit: up to four bytes of data lie in `data` itself. */
  dataLength: u32,
  data: u32,
  type: u32,
  flags: u16,
  _spare: pad(2),
});
export const VALUE_IN_PLACE = 0x8000_0000;
export const COMPRESSED_VALUE_NAME = 1;

/** Head of every list of subkeys. */
export const indexHead = struct({ signature: u16, count: u16 });
/** Bytes of an entry, by the list's signature. */
export const INDEX_ENTRY: Readonly<Record<number, number>> = {
  [SIGNATURES.leaf]: 4,
  [SIGNATURES.fastLeaf]: 8,
  [SIGNATURES.hashLeaf]: 8,
  [SIGNATURES.root]: 4,
};

/** Values of more than 16344 bytes since version 1.4 of the format: a list of cells. */
export const bigData = struct({ signature: u16, count: u16, list: u32 });
export const BIG_DATA_PART = 16_344;
