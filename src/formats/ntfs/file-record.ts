/** One record of a master file table: names, times, size, and small contents. Everything in it is checked against its end. */
import { u16, utf16Text } from '../../core/bytes.js';
import {
  attributeHeader,
  attributeType,
  DOS_NAME,
  FILE_RECORD,
  fileNameAttribute,
  fileRecord,
  nonResidentPart,
  RECORD_IN_USE,
  RECORD_IS_FOLDER,
  residentPart,
  SECTOR,
  standardInformation,
} from './layout.js';

/** NT times: 100 ns steps since 1601. */
export interface FileTimes {
  readonly created: bigint;
  readonly modified: bigint;
  /** When the record itself was changed. */
  readonly changed: bigint;
  readonly accessed: bigint;
}

export interface NtfsStream {
  /** '' is the file's own contents. */
  readonly name: string;
  readonly size: number;
  /** Undefined where it lies outside of the record. */
  readonly contents: Uint8Array | undefined;
}

export interface NtfsRecord {
  readonly number: number;
  readonly sequence: number;
  readonly inUse: boolean;
  readonly isFolder: boolean;
  readonly links: number;
  /** The long name where there is one. */
  readonly name: string | undefined;
  /** Number of the folder's record. */
  readonly parent: number | undefined;
  /** As the system keeps them, and as they were when the file got its name. */
  readonly standard: FileTimes | undefined;
  readonly named: FileTimes | undefined;
  readonly streams: readonly NtfsStream[];
}

const MAX_RECORD = 4096;
const MAX_ATTRIBUTES = 256;
const RECORD_NUMBER = 0xffff_ffff_ffffn;

/** The record at the beginning of `bytes`; undefined when there is none. */
export function decodeFileRecord(bytes: Uint8Array): NtfsRecord | undefined {
  const head = fileRecord.decode(bytes);
  if (head === undefined || head.signature !== FILE_RECORD) return undefined;
  const { allocatedSize, usedSize } = head;
  const isHonest =
    allocatedSize >= SECTOR && allocatedSize <= MAX_RECORD && allocatedSize % SECTOR === 0 && usedSize <= allocatedSize;
  if (!isHonest || allocatedSize > bytes.length) return undefined;
  const record = bytes.slice(0, allocatedSize);
  mendSectors(record, head.fixupOffset, head.fixupCount);
  const streams: NtfsStream[] = [];
  let standard: FileTimes | undefined;
  let best: { name: string; parent: number; times: FileTimes; isShort: boolean } | undefined;
  for (const { type, name, value, size } of attributesOf(record, head.attributes, usedSize)) {
    if (type === attributeType.standardInformation && value) standard = standardInformation.decode(value);
    if (type === attributeType.fileName && value) {
      const entry = fileNameAttribute.decode(value);
      if (entry === undefined) continue;
      const text = utf16Text(value.subarray(fileNameAttribute.size, fileNameAttribute.size + entry.nameLength * 2));
      const isShort = entry.nameSpace === DOS_NAME;
      if (best === undefined || (best.isShort && !isShort)) {
        best = { name: text, parent: Number(entry.parent & RECORD_NUMBER), times: entry, isShort };
      }
    }
    if (type === attributeType.data) streams.push({ name, size, contents: value });
  }
  return {
    number: head.number,
    sequence: head.sequence,
    inUse: (head.flags & RECORD_IN_USE) !== 0,
    isFolder: (head.flags & RECORD_IS_FOLDER) !== 0,
    links: head.links,
    name: best?.name,
    parent: best?.parent,
    standard,
    named: best?.times,
    streams,
  };
}

/** The last two bytes of each sector stand in the head while the record is on disk; in memory some are put back already. */
function mendSectors(record: Uint8Array, offset: number, count: number): void {
  if (count < 2 || count - 1 > record.length / SECTOR || offset + count * 2 > record.length) return;
  const check = u16(record, offset);
  for (let sector = 1; sector < count; sector++) {
    const end = sector * SECTOR - 2;
    if (u16(record, end) === check) record.set(record.subarray(offset + sector * 2, offset + sector * 2 + 2), end);
  }
}

interface Attribute {
  readonly type: number;
  readonly name: string;
  readonly size: number;
  readonly value: Uint8Array | undefined;
}

function* attributesOf(record: Uint8Array, start: number, end: number): Generator<Attribute> {
  let at = start;
  for (let count = 0; count < MAX_ATTRIBUTES; count++) {
    const head = attributeHeader.decode(record, at);
    if (head === undefined || head.type === attributeType.end) return;
    if (head.length < attributeHeader.size || at + head.length > end) return;
    const attribute = record.subarray(at, at + head.length);
    const name = utf16Text(attribute.subarray(head.nameOffset, head.nameOffset + head.nameLength * 2));
    at += head.length;
    if (head.nonResident !== 0) {
      const part = nonResidentPart.decode(attribute, attributeHeader.size);
      if (part !== undefined) yield { type: head.type, name, size: part.size, value: undefined };
      continue;
    }
    const part = residentPart.decode(attribute, attributeHeader.size);
    if (part === undefined || part.valueOffset + part.valueLength > attribute.length) continue;
    const value = attribute.subarray(part.valueOffset, part.valueOffset + part.valueLength);
    yield { type: head.type, name, size: value.length, value };
  }
}
