/** The debug record of a portable executable: which program database describes exactly this build. */
import { latin1Text } from '../../core/bytes.js';
import { DEBUG_CODEVIEW, debugDirectory, directoryIndex, RSDS_SIGNATURE, rsdsRecord } from './layout.js';
import type { PeImage } from './pe-image.js';

export interface PdbRecord {
  /** `ntkrnlmp.pdb`, without a path. */
  readonly name: string;
  /** 32 upper-case hex digits, as symbol servers write it. */
  readonly guid: string;
  readonly age: number;
}

const MAX_ENTRIES = 32;
const MAX_PATH = 260;

/** The RSDS record; undefined when the image has none or it is not in memory. */
export function pdbRecord(image: PeImage): PdbRecord | undefined {
  const place = image.directory(directoryIndex.debug);
  if (place === undefined) return undefined;
  const count = Math.min(Math.floor(place.size / debugDirectory.size), MAX_ENTRIES);
  const entries = image.bytes(place.rva, count * debugDirectory.size).slice();
  for (let index = 0; index < count; index++) {
    const entry = debugDirectory.decode(entries, index * debugDirectory.size);
    if (entry?.type !== DEBUG_CODEVIEW) continue;
    const record = decodeRsds(image.bytes(entry.rva, rsdsRecord.size + MAX_PATH));
    if (record !== undefined) return record;
  }
  return undefined;
}

/** The record in `bytes`, which begin with its signature; undefined when they don't. */
export function decodeRsds(bytes: Uint8Array): PdbRecord | undefined {
  const record = rsdsRecord.decode(bytes);
  if (record === undefined || record.signature !== RSDS_SIGNATURE) return undefined;
  const { data1, data2, data3, data4 } = record.guid;
  const digits = (value: number, width: number) => value.toString(16).padStart(width, '0');
  const guid = digits(data1, 8) + digits(data2, 4) + digits(data3, 4) + [...data4].map((b) => digits(b, 2)).join('');
  const path = latin1Text(bytes.subarray(rsdsRecord.size));
  return { name: path.slice(path.lastIndexOf('\\') + 1), guid: guid.toUpperCase(), age: record.age };
}
