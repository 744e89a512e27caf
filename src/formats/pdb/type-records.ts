/**
 * The type records of a program database (TPI): where each is, and what the aggregates among them are called.
 *
 * What a record means for a profile is in `profiles/pdb/`.
 */
import { u16 } from '../../core/bytes.js';
import { FIRST_RECORD, FORWARD, HAS_UNIQUE_NAME, leaf, typeHeader } from './layout.js';
import { RecordReader } from './record-reader.js';

/** More records than any database has. */
const MAX_RECORDS = 1 << 24;

/** A class, structure, union or enumeration. */
export interface Aggregate {
  readonly kind: 'struct' | 'union' | 'enum';
  readonly name: string;
  /** Name that no other type has, where the compiler gives one. */
  readonly uniqueName: string;
  readonly isForward: boolean;
  /** Index of its list of fields. */
  readonly fields: number;
  /** sizeof; of enumerations what their underlying type says. */
  readonly size: number;
  /** Of enumerations: index of the underlying type. */
  readonly underlying: number;
}

export class TypeRecords {
  readonly firstIndex: number;
  readonly #bytes: Uint8Array;
  /** Where each record's leaf kind is. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** True when the records ended before the header said so. */
  readonly isCut: boolean;

  /** Undefined when `stream` is no stream of types. */
  static open(stream: Uint8Array): TypeRecords | undefined {
    const header = typeHeader.decode(stream);
    if (header === undefined || header.firstIndex < FIRST_RECORD || header.endIndex < header.firstIndex)
      return undefined;
    if (header.headerSize < typeHeader.size || header.endIndex - header.firstIndex > MAX_RECORDS) return undefined;
    return new TypeRecords(stream, header);
  }

  private constructor(
    stream: Uint8Array,
    header: { headerSize: number; firstIndex: number; endIndex: number; recordBytes: number },
  ) {
    this.firstIndex = header.firstIndex;
    this.#bytes = stream;
    const end = Math.min(stream.length, header.headerSize + header.recordBytes);
    let at = header.headerSize;
    while (at + 4 <= end && this.#starts.length < header.endIndex - header.firstIndex) {
      const next = at + 2 + u16(stream, at);
      if (next < at + 4 || next > end) break;
      this.#starts.push(at + 2);
      this.#ends.push(next);
      at = next;
    }
    this.isCut = this.#starts.length < header.endIndex - header.firstIndex;
  }

  get endIndex(): number {
    return this.firstIndex + this.#starts.length;
  }

  /** Leaf kind of a record; undefined when there is none. */
  kind(index: number): number | undefined {
    const start = this.#starts[index - this.firstIndex];
    return start === undefined ? undefined : u16(this.#bytes, start);
  }

  /** A reader behind the leaf kind of a record. */
  record(index: number): RecordReader | undefined {
    const start = this.#starts[index - this.firstIndex];
    if (start === undefined) return undefined;
    return new RecordReader(this.#bytes.subarray(start + 2, this.#ends[index - this.firstIndex]));
  }

  /** The record as an aggregate; undefined when it is something else. */
  aggregate(index: number): Aggregate | undefined {
    const kind = this.kind(index);
    const reader = this.record(index);
    if (reader === undefined) return undefined;
    const isUnion = kind === leaf.union;
    const isEnum = kind === leaf.enum;
    if (!isUnion && !isEnum && kind !== leaf.structure && kind !== leaf.class) return undefined;
    reader.u16();
    const property = reader.u16();
    const underlying = isEnum ? reader.u32() : 0;
    const fields = reader.u32();
    // Behind those of classes: what they are derived from, and the shape of their table of virtual functions.
    if (!isUnion && !isEnum) reader.at += 8;
    const size = isEnum ? 0 : Number(reader.integer());
    const name = reader.name();
    const uniqueName = (property & HAS_UNIQUE_NAME) === 0 ? '' : reader.name();
    const isForward = (property & FORWARD) !== 0;
    return {
      kind: isEnum ? 'enum' : isUnion ? 'union' : 'struct',
      name,
      uniqueName,
      isForward,
      fields,
      size,
      underlying,
    };
  }
}
