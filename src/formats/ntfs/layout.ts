/**
 * File records of NTFS's master file table as data. Nothing is read here.
 * Source: "NTFS Documentation", R. Russon and Y. Fledel (the Linux-NTFS project); [MS-FSCC] 2.6 for the attributes of files.
 */
import { pad, struct, u8, u16, u32, u64, u64n } from '../struct-layout.js';

/** "FILE" */
export const FILE_RECORD = 0x454c_4946;
export const SECTOR = 512;

export const fileRecord = struct({
  signature: u32,
  fixupOffset: u16,
  fixupCount: u16,
  _log: pad(8),
  sequence: u16,
  links: u16,
  attributes: u16,
  flags: u16,
  usedSize: u32,
  allocatedSize: u32,
  baseRecord: u64,
  nextAttribute: u16,
  _align: pad(2),
  /** Since NTFS 3.1. */
  number: u32,
});
export const RECORD_IN_USE = 1;
export const RECORD_IS_FOLDER = 2;

export const attributeHeader = struct({
  type: u32,
  length: u32,
  nonResident: u8,
  nameLength: u8,
  nameOffset: u16,
  flags: u16,
  id: u16,
});
export const residentPart = struct({ valueLength: u32, valueOffset: u16, _flags: pad(2) });
/** Behind the header of attributes that lie elsewhere. */
export const nonResidentPart = struct({ _runs: pad(32), size: u64n });
export const attributeType = { standardInformation: 0x10, fileName: 0x30, data: 0x80, end: 0xffff_ffff } as const;

export const standardInformation = struct({
  created: u64,
  modified: u64,
  changed: u64,
  accessed: u64,
  attributes: u32,
});

/** Without the name, which follows. */
export const fileNameAttribute = struct({
  /** Record number in the lower 48 bits, sequence number above. */
  parent: u64,
  created: u64,
  modified: u64,
  changed: u64,
  accessed: u64,
  allocated: u64n,
  size: u64n,
  attributes: u32,
  _reparse: pad(4),
  nameLength: u8,
  nameSpace: u8,
});
/** A second, short name. */
export const DOS_NAME = 2;
