/**
 * A debugging information entry as far as it describes a type: one mutable record that is filled again and again.
 *
 * What the attributes mean stands in DWARF 5, chapter 5; which of them a reader fills in is decided here.
 */
import { AT } from './layout.js';

/** One entry. Numbers are -1 where the attribute is absent; offsets are into the unit's bytes. */
export interface Entry {
  /** Where the entry itself starts. */
  offset: number;
  /** 0 for the null entry that ends a list of siblings. */
  tag: number;
  hasChildren: boolean;
  /** Where the next entry in the data starts: the first child, if there are children. */
  end: number;
  sibling: number;
  /** Offset in .debug_str, when the name is there; kept as a number because most names are never looked at. */
  nameOffset: number;
  /** The name, when it stands elsewhere. */
  inlineName: string;
  byteSize: number;
  bitSize: number;
  /** DWARF 2 and 3: from the most significant bit of the storage unit. */
  bitOffset: number;
  dataBitOffset: number;
  memberLocation: number;
  declaration: boolean;
  encoding: number;
  type: number;
  /** `count`, or `upper_bound` + 1; -1 when the array has no bound. */
  count: number;
  constValue: bigint;
}

export function emptyEntry(): Entry {
  return {
    offset: 0,
    tag: 0,
    hasChildren: false,
    end: 0,
    sibling: -1,
    nameOffset: -1,
    inlineName: '',
    byteSize: -1,
    bitSize: -1,
    bitOffset: -1,
    dataBitOffset: -1,
    memberLocation: -1,
    declaration: false,
    encoding: -1,
    type: -1,
    count: -1,
    constValue: 0n,
  };
}

/** Attributes that are kept as numbers. */
export const NUMBER_ATTRIBUTES: ReadonlySet<number> = new Set([
  AT.sibling,
  AT.byteSize,
  AT.bitSize,
  AT.bitOffset,
  AT.dataBitOffset,
  AT.dataMemberLocation,
  AT.declaration,
  AT.encoding,
  AT.type,
  AT.count,
  AT.upperBound,
  AT.strOffsetsBase,
]);

export function assignNumber(entry: Entry, at: number, value: number): void {
  switch (at) {
    case AT.sibling:
      entry.sibling = value;
      break;
    case AT.byteSize:
      entry.byteSize = value;
      break;
    case AT.bitSize:
      entry.bitSize = value;
      break;
    case AT.bitOffset:
      entry.bitOffset = value;
      break;
    case AT.dataBitOffset:
      entry.dataBitOffset = value;
      break;
    case AT.dataMemberLocation:
      entry.memberLocation = value;
      break;
    case AT.declaration:
      entry.declaration = value !== 0;
      break;
    case AT.encoding:
      entry.encoding = value;
      break;
    case AT.type:
      entry.type = value;
      break;
    case AT.count:
      entry.count = value;
      break;
    case AT.upperBound:
      // Compilers write an empty array's bound as -1 in whatever width.
      entry.count = value === 0xffff_ffff || value >= 2 ** 63 ? 0 : value + 1;
      break;
  }
}

export function clearEntry(entry: Entry): void {
  entry.sibling = -1;
  entry.nameOffset = -1;
  entry.inlineName = '';
  entry.byteSize = -1;
  entry.bitSize = -1;
  entry.bitOffset = -1;
  entry.dataBitOffset = -1;
  entry.memberLocation = -1;
  entry.declaration = false;
  entry.encoding = -1;
  entry.type = -1;
  entry.count = -1;
  entry.constValue = 0n;
}
