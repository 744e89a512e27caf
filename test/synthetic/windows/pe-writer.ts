/** Writes a portable executable as the loader lays it out (addresses are RVAs): headers, sections, exports, debug record. */

const PAGE = 4096;
const DEBUG_CODEVIEW = 2;

export interface PeSectionTruth {
  readonly name: string;
  readonly rva: number;
  readonly size: number;
  /** IMAGE_SCN_*: 0x60000020 code, 0xc0000040 data. */
  readonly flags: number;
}

export interface PeTruth {
  /** By which name it exports. */
  readonly name: string;
  readonly base: bigint;
  readonly size: number;
  readonly timestamp: number;
  readonly entryPoint?: number;
  readonly is64Bit?: boolean;
  readonly isDll?: boolean;
  readonly sections?: readonly PeSectionTruth[];
  readonly exports?: readonly { readonly name: string; readonly rva: number }[];
  readonly pdb?: { readonly name: string; readonly guid: string; readonly age: number };
  /** Further data directories by their number: 1 imports, 2 resources. */
  readonly directories?: Readonly<Record<number, PePart>>;
  /** What else is in it: code, tables. */
  readonly contents?: readonly PePart[];
}

export interface PePart {
  readonly rva: number;
  readonly bytes: Buffer;
}

/** The parts that are not zero. Exports and the debug record lie in the last section, `.edata`, which is added. */
export function peParts(truth: PeTruth, tables = truth.size - 4 * PAGE): PePart[] {
  const { exports = [], pdb, is64Bit = true } = truth;
  const edata = exportTable(truth.name, exports, tables, truth.timestamp);
  const debugAt = tables + Math.ceil(edata.length / 16) * 16;
  const debug = pdb === undefined ? Buffer.alloc(0) : debugRecord(pdb, debugAt, truth.timestamp);
  const end = debugAt + debug.length;
  if (end > truth.size) throw new Error(`the tables of ${truth.name} do not fit`);
  const sections = [
    ...(truth.sections ?? [{ name: '.text', rva: PAGE, size: tables - PAGE, flags: 0x6000_0020 }]),
    { name: '.edata', rva: tables, size: end - tables, flags: 0x4000_0040 },
  ];
  const further = Object.entries(truth.directories ?? {});
  const directories = {
    0: [tables, edata.length],
    6: pdb === undefined ? [0, 0] : [debugAt, 28],
    ...Object.fromEntries(further.map(([index, { rva, bytes }]) => [index, [rva, bytes.length]])),
  };
  return [
    ...further.map(([, part]) => part),
    ...(truth.contents ?? []),
    { rva: 0, bytes: headers(truth, is64Bit, sections, directories) },
    { rva: tables, bytes: edata },
    { rva: debugAt, bytes: debug },
  ].filter(({ bytes }) => bytes.length > 0);
}

function headers(
  truth: PeTruth,
  is64Bit: boolean,
  sections: readonly PeSectionTruth[],
  directories: Readonly<Record<number, readonly [number, number] | readonly number[]>>,
): Buffer {
  const bytes = Buffer.alloc(PAGE);
  bytes.write('MZ', 0, 'latin1');
  const at = 0x80;
  bytes.writeUInt32LE(at, 0x3c);
  bytes.write('PE\0\0', at, 'latin1');
  const optionalSize = (is64Bit ? 112 : 96) + 16 * 8;
  bytes.writeUInt16LE(is64Bit ? 0x8664 : 0x14c, at + 4);
  bytes.writeUInt16LE(sections.length, at + 6);
  bytes.writeUInt32LE(truth.timestamp, at + 8);
  bytes.writeUInt16LE(optionalSize, at + 20);
  bytes.writeUInt16LE(truth.isDll === false ? 0x22 : 0x2022, at + 22);
  const optional = at + 24;
  bytes.writeUInt16LE(is64Bit ? 0x20b : 0x10b, optional);
  bytes.writeUInt32LE(truth.entryPoint ?? 0x1000, optional + 16);
  bytes.writeUInt32LE(PAGE, optional + 20);
  if (is64Bit) bytes.writeBigUInt64LE(truth.base, optional + 24);
  else bytes.writeUInt32LE(Number(truth.base), optional + 28);
  bytes.writeUInt32LE(PAGE, optional + 32);
  bytes.writeUInt32LE(512, optional + 36);
  bytes.writeUInt32LE(truth.size, optional + 56);
  bytes.writeUInt32LE(PAGE, optional + 60);
  bytes.writeUInt16LE(3, optional + 68);
  const count = optional + (is64Bit ? 108 : 92);
  bytes.writeUInt32LE(16, count);
  for (const [index, [rva = 0, size = 0]] of Object.entries(directories)) {
    bytes.writeUInt32LE(rva, count + 4 + Number(index) * 8);
    bytes.writeUInt32LE(size, count + 8 + Number(index) * 8);
  }
  sections.forEach((section, index) => {
    const entry = optional + optionalSize + index * 40;
    bytes.write(section.name, entry, 8, 'latin1');
    bytes.writeUInt32LE(section.size, entry + 8);
    bytes.writeUInt32LE(section.rva, entry + 12);
    bytes.writeUInt32LE(Math.ceil(section.size / 512) * 512, entry + 16);
    bytes.writeUInt32LE(section.rva, entry + 20);
    bytes.writeUInt32LE(section.flags, entry + 36);
  });
  return bytes;
}

function exportTable(
  name: string,
  exports: readonly { readonly name: string; readonly rva: number }[],
  rva: number,
  timestamp: number,
): Buffer {
  const sorted = [...exports].sort((a, b) => (a.name < b.name ? -1 : 1));
  const functions = 40;
  const names = functions + sorted.length * 4;
  const ordinals = names + sorted.length * 4;
  const head = Buffer.alloc(ordinals + sorted.length * 2);
  const texts: Buffer[] = [];
  let next = rva + head.length;
  const text = (value: string) => {
    const at = next;
    texts.push(Buffer.from(`${value}\0`, 'latin1'));
    next += value.length + 1;
    return at;
  };
  head.writeUInt32LE(timestamp, 4);
  head.writeUInt32LE(text(name), 12);
  head.writeUInt32LE(1, 16);
  head.writeUInt32LE(sorted.length, 20);
  head.writeUInt32LE(sorted.length, 24);
  head.writeUInt32LE(rva + functions, 28);
  head.writeUInt32LE(rva + names, 32);
  head.writeUInt32LE(rva + ordinals, 36);
  sorted.forEach((entry, index) => {
    head.writeUInt32LE(entry.rva, functions + index * 4);
    head.writeUInt32LE(text(entry.name), names + index * 4);
    head.writeUInt16LE(index, ordinals + index * 2);
  });
  return Buffer.concat([head, ...texts]);
}

/** One entry of the debug directory and the RSDS record behind it. */
function debugRecord({ name, guid, age }: NonNullable<PeTruth['pdb']>, rva: number, timestamp: number): Buffer {
  const directory = Buffer.alloc(28);
  const record = Buffer.concat([
    Buffer.from('RSDS', 'latin1'),
    guidBytes(guid),
    Buffer.alloc(4),
    Buffer.from(`${name}\0`),
  ]);
  record.writeUInt32LE(age, 20);
  directory.writeUInt32LE(timestamp, 4);
  directory.writeUInt32LE(DEBUG_CODEVIEW, 12);
  directory.writeUInt32LE(record.length, 16);
  directory.writeUInt32LE(rva + directory.length, 20);
  directory.writeUInt32LE(rva + directory.length, 24);
  return Buffer.concat([directory, record]);
}

/** 32 hex digits as they are printed; the first three groups are numbers, so that their bytes stand reversed. */
function guidBytes(digits: string): Buffer {
  const bytes = Buffer.from(digits, 'hex');
  return Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
}
