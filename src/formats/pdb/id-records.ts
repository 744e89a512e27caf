/**
 * The id records of a program database (IPI): names of functions with their scopes, strings, and where types were declared.
 * They lie like type records, in a numbering of their own; types are named by their index among the type records.
 *
 * Source: as `layout.ts` (cvinfo.h: lfFuncId, lfMFuncId, lfStringId, lfBuildInfo, lfUdtSrcLine, lfUdtModSrcLine).
 */
import { idLeaf } from './layout.js';
import { TypeRecords } from './type-records.js';

export type IdRecord =
  | {
      readonly kind: 'function';
      readonly name: string;
      /** Name space, by the index of its string; 0 for none. */
      readonly scope: number;
      /** Index of its type. */
      readonly type: number;
    }
  | {
      readonly kind: 'method';
      readonly name: string;
      /** Index of the class's type, and of its own. */
      readonly parent: number;
      readonly type: number;
    }
  | {
      readonly kind: 'string';
      readonly text: string;
      /** Index of the list of strings that goes before it; 0 for none. */
      readonly list: number;
    }
  | {
      /** Of strings; `build` has working folder, tool, source, database and command line in this order. */
      readonly kind: 'strings' | 'build';
      readonly ids: readonly number[];
    }
  | {
      readonly kind: 'declaration';
      /** Index of the type. */
      readonly type: number;
      /** Index of the string with the file's name; with `module` a place in the table of names. */
      readonly file: number;
      readonly line: number;
      readonly module?: number;
    };

export class IdRecords {
  readonly #records: TypeRecords;

  /** Undefined when `stream` is no stream of ids. */
  static open(stream: Uint8Array): IdRecords | undefined {
    const records = TypeRecords.open(stream);
    return records && new IdRecords(records);
  }

  private constructor(records: TypeRecords) {
    this.#records = records;
  }

  /** True when the records ended before the header said so. */
  get isCut(): boolean {
    return this.#records.isCut;
  }

  /** The record; undefined when there is none, it ends too early, or it is of a kind that is not read. */
  record(index: number): IdRecord | undefined {
    const kind = this.#records.kind(index);
    const reader = this.#records.record(index);
    if (kind === undefined || reader === undefined) return undefined;
    const found = READERS[kind]?.(reader);
    return reader.isShort ? undefined : found;
  }

  /** All that are read, with their indices. */
  *all(): Generator<readonly [number, IdRecord]> {
    for (let index = this.#records.firstIndex; index < this.#records.endIndex; index++) {
      const record = this.record(index);
      if (record !== undefined) yield [index, record];
    }
  }
}

type Reader = NonNullable<ReturnType<TypeRecords['record']>>;

/** More strings than any list has. */
const MAX_STRINGS = 0x1_0000;

function indices(reader: Reader, count: number): number[] {
  const found: number[] = [];
  while (found.length < Math.min(count, MAX_STRINGS) && !reader.isShort) found.push(reader.u32());
  return found;
}

const READERS: Readonly<Record<number, (reader: Reader) => IdRecord>> = {
  [idLeaf.function]: (reader) => ({ kind: 'function', scope: reader.u32(), type: reader.u32(), name: reader.name() }),
  [idLeaf.method]: (reader) => ({ kind: 'method', parent: reader.u32(), type: reader.u32(), name: reader.name() }),
  [idLeaf.string]: (reader) => ({ kind: 'string', list: reader.u32(), text: reader.name() }),
  [idLeaf.strings]: (reader) => ({ kind: 'strings', ids: indices(reader, reader.u32()) }),
  [idLeaf.build]: (reader) => ({ kind: 'build', ids: indices(reader, reader.u16()) }),
  [idLeaf.declaration]: (reader) => ({
    kind: 'declaration',
    type: reader.u32(),
    file: reader.u32(),
    line: reader.u32(),
  }),
  [idLeaf.moduleDeclaration]: (reader) => ({
    kind: 'declaration',
    type: reader.u32(),
    file: reader.u32(),
    line: reader.u32(),
    module: reader.u16(),
  }),
};
