/** The program database that tests look at: every kind of record that types of kernels are made of. */
import { PdbBuilder, type PdbOptions } from '../builders/pdb.js';

/** Built-in types of CodeView. */
const T = {
  void: 0x03,
  char: 0x70,
  uchar: 0x20,
  ushort: 0x21,
  ulong: 0x22,
  long: 0x12,
  uquad: 0x23,
  wchar: 0x71,
  voidPointer: 0x603,
} as const;

export const SAMPLE_GUID = '5278AFF86C341677D7D7835C85B7B844';

/** What `samplePdb` describes: structure, its size, and for each member its first bit and its size in bits. */
export const SAMPLE_TRUTH = {
  _LIST_ENTRY: { size: 16, members: { Flink: [0, 64], Blink: [64, 64] } },
  _KPROCESS: {
    size: 0x438,
    members: { Header: [0, 64], DirectoryTableBase: [0x28 * 8, 64], Affinity: [0x50 * 8, 32 * 64] },
  },
  _EPROCESS: {
    size: 0xa40,
    members: {
      Pcb: [0, 0x438 * 8],
      UniqueProcessId: [0x440 * 8, 64],
      ActiveProcessLinks: [0x448 * 8, 128],
      NoDebugInherit: [0x464 * 8 + 1, 1],
      Flags: [0x464 * 8, 32],
      Callback: [0x470 * 8, 64],
      u1: [0x478 * 8, 64],
      State: [0x480 * 8, 32],
      ImageFileName: [0x5a8 * 8, 15 * 8],
      Huge: [0x9000 * 8, 8],
    },
  },
} as const;

/** What `samplePdb` has among its ids, in this order: the first has index 0x1000. */
export const SAMPLE_IDS = [
  { kind: 'string', list: 0, text: 'c:\\nt\\ps.c' },
  { kind: 'function', scope: 0, type: 0x1000, name: 'PspCreateProcess' },
  { kind: 'method', parent: 0x1000, type: 0x1001, name: 'Insert' },
  { kind: 'strings', ids: [0x1000, 0x1000] },
  { kind: 'string', list: 0x1003, text: 'the rest' },
  { kind: 'build', ids: [0x1000, 0, 0x1004] },
  { kind: 'declaration', type: 0x1003, file: 0x1000, line: 77 },
  { kind: 'declaration', type: 0x1003, file: 12, line: 99, module: 5 },
] as const;

function writeIds(pdb: PdbBuilder): void {
  pdb.id(0x1605, (body) => body.u32(0).text('c:\\nt\\ps.c\0'));
  pdb.id(0x1601, (body) => body.u32(0, 0x1000).text('PspCreateProcess\0'));
  pdb.id(0x1602, (body) => body.u32(0x1000, 0x1001).text('Insert\0'));
  pdb.id(0x1604, (body) => body.u32(2, 0x1000, 0x1000));
  pdb.id(0x1605, (body) => body.u32(0x1003).text('the rest\0'));
  pdb.id(0x1603, (body) => body.u16(3).u32(0x1000, 0, 0x1004));
  pdb.id(0x1606, (body) => body.u32(0x1003, 0x1000, 77));
  pdb.id(0x1607, (body) => body.u32(0x1003, 12, 99).u16(5));
}

export function samplePdb(options: PdbOptions = {}): Buffer {
  const pdb = new PdbBuilder();
  const forward = pdb.forward('_LIST_ENTRY');
  const link = pdb.pointer(forward, 8);
  pdb.struct('_LIST_ENTRY', 16, [
    { name: 'Flink', type: link, offset: 0 },
    { name: 'Blink', type: link, offset: 8 },
  ]);
  const affinity = pdb.array(T.uquad, 32 * 8);
  const process = pdb.struct('_KPROCESS', 0x438, [
    { name: 'Header', type: T.voidPointer, offset: 0 },
    { name: 'DirectoryTableBase', type: pdb.modifier(T.uquad), offset: 0x28 },
    { name: 'Affinity', type: affinity, offset: 0x50 },
  ]);
  const state = pdb.enum('_STATE', T.long, { Ready: 0, Running: 2, Unknown: -1, High: 0x9000_0000 });
  const unnamed = pdb.union('<unnamed-tag>', 8, [
    { name: 'Object', type: T.voidPointer, offset: 0 },
    { name: 'RefCnt', type: pdb.bitField(T.uquad, 4, 0), offset: 0 },
  ]);
  const callback = pdb.pointer(pdb.procedure(), 8);
  const flag = pdb.bitField(T.ulong, 1, 1);
  const name = pdb.array(T.uchar, 15);
  writeIds(pdb);
  pdb.struct(
    '_EPROCESS',
    0xa40,
    [
      { name: 'Pcb', type: process, offset: 0 },
      { name: 'UniqueProcessId', type: T.voidPointer, offset: 0x440 },
      // By the record that only announces it, as compilers do.
      { name: 'ActiveProcessLinks', type: forward, offset: 0x448 },
      { name: 'NoDebugInherit', type: flag, offset: 0x464 },
      { name: 'Flags', type: T.ulong, offset: 0x464 },
      { name: 'Callback', type: callback, offset: 0x470 },
      { name: 'u1', type: unnamed, offset: 0x478 },
      { name: 'State', type: state, offset: 0x480 },
      { name: 'ImageFileName', type: name, offset: 0x5a8 },
      { name: 'Huge', type: T.char, offset: 0x9000 },
    ],
    4,
  );
  return pdb.build({
    guid: SAMPLE_GUID,
    sections: [
      { name: '.text', rva: 0x1000, size: 0x8000 },
      { name: '.data', rva: 0xa000, size: 0x2000 },
    ],
    symbols: [
      { name: 'KeBugCheckEx', segment: 1, offset: 0x20 },
      { name: 'PsActiveProcessHead', segment: 2, offset: 0x100 },
      { name: 'PspHidden', segment: 2, offset: 0x108, kind: 'global' },
      { name: 'StaticData', segment: 2, offset: 0x110, kind: 'local' },
      { name: 'KeBugCheckEx', segment: 1, offset: 0x999, kind: 'global' },
      { name: 'NoSection', segment: 9, offset: 0 },
    ],
    ...options,
  });
}
