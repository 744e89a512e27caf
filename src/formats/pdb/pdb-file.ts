/**
 * A program database: which image it describes, its type and id records, and its public and global symbols with their RVAs.
 *
 * Line numbers, modules and what debuggers keep besides are not read.
 */
import { u16, u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import { AddressMap } from './address-map.js';
import { IdRecords } from './id-records.js';
import {
  debugHeader,
  extraStream,
  infoHeader,
  machines,
  NO_STREAM,
  sectionHeader,
  streamNumber,
  symbolBody,
  symbolKind,
} from './layout.js';
import { Msf, PDB_HINT } from './msf.js';
import { RecordReader } from './record-reader.js';
import { TypeRecords } from './type-records.js';

export interface PdbSymbol {
  readonly name: string;
  readonly rva: number;
}

export interface PdbFile {
  /** 32 upper-case hex digits. */
  readonly guid: string;
  readonly age: number;
  readonly machine: { readonly name: string; readonly pointerSize: 4 | 8; readonly number: number };
  readonly types: TypeRecords;
  /** Undefined in databases without, as Microsoft's public ones of old are. */
  readonly ids: IdRecords | undefined;
  /** Publics first, then globals that are not among them, each name once. */
  readonly symbols: readonly PdbSymbol[];
}

/** Throws `UserError` when the file is no program database, cut off, or without types. */
export function readPdb(source: ByteSource): PdbFile {
  const msf = Msf.open(source);
  const need = (number: number, what: string) => {
    const stream = msf.stream(number);
    if (stream === undefined || stream.length === 0)
      throw new UserError(`${source.name} has no ${what}, or it is damaged`, PDB_HINT);
    return stream;
  };
  const info = infoHeader.decode(need(streamNumber.info, 'header'));
  const types = TypeRecords.open(need(streamNumber.types, 'types'));
  const debug = need(streamNumber.debug, 'symbols');
  const header = debugHeader.decode(debug);
  if (info === undefined || types === undefined || types.isCut || header === undefined) {
    throw new UserError(`${source.name} is damaged: its types or symbols end too early`, PDB_HINT);
  }
  const machine = machines[header.machine];
  if (machine === undefined) {
    throw new UserError(
      `${source.name} is for a machine that is not supported (0x${header.machine.toString(16)})`,
      'databases of x86, amd64 and arm64 images are read',
    );
  }
  return {
    guid: guidText(info.guid),
    // Images are told apart by the age in here; that of the file grows with each change to it.
    age: header.age || info.age,
    machine: { ...machine, number: header.machine },
    types,
    ids: idsOf(msf),
    symbols: symbolsOf(msf, debug, header),
  };
}

/** Public databases may have an empty stream, or another in its place. */
function idsOf(msf: Msf): IdRecords | undefined {
  const stream = msf.stream(streamNumber.ids);
  return stream && IdRecords.open(stream);
}

function guidText({
  data1,
  data2,
  data3,
  data4,
}: {
  data1: number;
  data2: number;
  data3: number;
  data4: Uint8Array;
}): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return (
    hex(data1, 8) +
    hex(data2, 4) +
    hex(data3, 4) +
    [...data4].map((byte) => hex(byte, 2)).join('')
  ).toUpperCase();
}

type DebugHeader = NonNullable<ReturnType<typeof debugHeader.decode>>;

function symbolsOf(msf: Msf, debug: Uint8Array, header: DebugHeader): PdbSymbol[] {
  const records = header.symbolStream === NO_STREAM ? undefined : msf.stream(header.symbolStream);
  if (records === undefined) return [];
  const map = addressMap(msf, debug, header);
  const publics = new Map<string, number>();
  const globals = new Map<string, number>();
  for (let at = 0; at + 4 <= records.length; ) {
    const next = at + 2 + u16(records, at);
    if (next < at + 4 || next > records.length) break;
    const kind = u16(records, at + 2);
    const into =
      kind === symbolKind.public32
        ? publics
        : kind === symbolKind.globalData || kind === symbolKind.localData
          ? globals
          : undefined;
    const body = into && symbolBody.decode(records.subarray(at + 4, next));
    if (into !== undefined && body !== undefined) {
      const name = new RecordReader(records.subarray(at + 4 + symbolBody.size, next)).name();
      const rva = map.rva(body.segment, body.offset);
      if (rva !== undefined && name !== '' && !into.has(name)) into.set(name, rva);
    }
    at = next;
  }
  for (const [name, rva] of globals) if (!publics.has(name)) publics.set(name, rva);
  return [...publics].map(([name, rva]) => ({ name, rva }));
}

function addressMap(msf: Msf, debug: Uint8Array, header: DebugHeader): AddressMap {
  const { modulesSize, contributionsSize, sectionMapSize, sourcesSize, typeServerSize, editSize } = header;
  const extraAt =
    debugHeader.size + modulesSize + contributionsSize + sectionMapSize + sourcesSize + typeServerSize + editSize;
  const extra = (index: number) => {
    const at = extraAt + index * 2;
    const number = index * 2 + 2 <= header.extraSize && at + 2 <= debug.length ? u16(debug, at) : NO_STREAM;
    return number === NO_STREAM ? undefined : msf.stream(number);
  };
  const omap = extra(extraStream.omapFromSource);
  // Images that were reordered after linking: symbols count in the sections as they were, a map leads to where it went.
  const sections = (omap && extra(extraStream.originalSections)) ?? extra(extraStream.sections) ?? new Uint8Array(0);
  const starts: number[] = [];
  for (let at = 0; ; at += sectionHeader.size) {
    const section = sectionHeader.decode(sections, at);
    if (section === undefined) break;
    starts.push(section.rva);
  }
  const moves: { from: number; to: number }[] = [];
  for (let at = 0; omap !== undefined && at + 8 <= omap.length; at += 8)
    moves.push({ from: u32(omap, at), to: u32(omap, at + 4) });
  return new AddressMap(starts, moves);
}
