/** The fields of an aggregate in a program database: members, constants and base classes, through lists that continue. */
import { leaf } from '../../formats/pdb/layout.js';
import type { RecordReader } from '../../formats/pdb/record-reader.js';
import type { TypeRecords } from '../../formats/pdb/type-records.js';

export type FieldEntry =
  | { readonly kind: 'member'; readonly name: string; readonly type: number; readonly offset: number }
  | { readonly kind: 'constant'; readonly name: string; readonly value: bigint }
  | { readonly kind: 'base'; readonly type: number; readonly offset: number }
  /** The list goes on in another record. */
  | { readonly kind: 'more'; readonly list: number }
  | { readonly kind: 'other' };

/** Lists are continued every 64 KiB. */
const MAX_LISTS = 256;
/** Kinds of methods that say at which place they come into the table of virtual functions (bits 2 to 4 of attributes). */
const INTRODUCING = [4, 6];

const OTHER: FieldEntry = { kind: 'other' };

/** How each kind of field is read, behind its leaf kind. */
const READERS: Readonly<Record<number, (reader: RecordReader) => FieldEntry>> = {
  [leaf.member]: (reader) => {
    reader.u16();
    const type = reader.u32();
    const offset = Number(reader.integer());
    return { kind: 'member', type, offset, name: reader.name() };
  },
  [leaf.enumerate]: (reader) => {
    reader.u16();
    const value = reader.integer();
    return { kind: 'constant', value, name: reader.name() };
  },
  [leaf.baseClass]: (reader) => {
    reader.u16();
    return { kind: 'base', type: reader.u32(), offset: Number(reader.integer()) };
  },
  [leaf.virtualBaseClass]: virtualBase,
  [leaf.indirectVirtualBaseClass]: virtualBase,
  [leaf.index]: (reader) => {
    reader.u16();
    return { kind: 'more', list: reader.u32() };
  },
  [leaf.virtualTable]: (reader) => {
    reader.at += 6;
    return OTHER;
  },
  [leaf.staticMember]: named,
  [leaf.nestedType]: named,
  [leaf.methodGroup]: named,
  [leaf.method]: (reader) => {
    const kind = (reader.u16() >>> 2) & 7;
    reader.at += INTRODUCING.includes(kind) ? 8 : 4;
    reader.name();
    return OTHER;
  },
};

function virtualBase(reader: RecordReader): FieldEntry {
  reader.at += 10;
  reader.integer();
  reader.integer();
  return OTHER;
}

/** Two bytes, an index, a name. */
function named(reader: RecordReader): FieldEntry {
  reader.at += 6;
  reader.name();
  return OTHER;
}

/** The fields of the list with this index, those that cannot be read and all behind them left out. */
export function* fieldEntries(records: TypeRecords, list: number): Generator<FieldEntry> {
  const seen = new Set<number>();
  const pending = [list];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next) || seen.size >= MAX_LISTS || records.kind(next) !== leaf.fieldList) continue;
    seen.add(next);
    const reader = records.record(next) as RecordReader;
    while (!reader.isDone) {
      const read = READERS[reader.u16()];
      const entry = read?.(reader);
      if (entry === undefined || reader.isShort) break;
      if (entry.kind === 'more') pending.push(entry.list);
      else if (entry.kind !== 'other') yield entry;
      reader.skipPadding();
    }
  }
}
