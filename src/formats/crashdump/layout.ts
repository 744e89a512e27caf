/**
 * Windows crash dumps as data: headers of 32 and 64 bits, the bitmap header, and the tables of triage dumps. Unwritten
 * places hold "PAGE".
 * Sources: DUMP_HEADER32/64 as published by A. Schuster (computer.forensikblog.de, 2006 and 2008) and in the Windows
 * Kits' type information; bitmap and triage tables as the Rizin project documents them (librz/bin/format/dmp); CONTEXT and
 * KLDR_DATA_TABLE_ENTRY from winnt.h and Microsoft's public symbols.
 */
import { array, bytes, pad, struct, text, u8, u16, u32, u32b, u64, u64n } from '../struct-layout.js';

export const DUMP_SIGNATURE = 'PAGE';
export const VALID_DUMP = { DUMP: 4, DU64: 8 } as const;

const RUN_BYTES = 700;

const identity = { signature: text(4), validDump: text(4), majorVersion: u32, build: u32 } as const;

/** The fixed part of the 32-bit header; one page in the file. */
export const header32 = struct({
  ...identity,
  directoryTableBase: u32b,
  pfnDatabase: u32b,
  loadedModuleList: u32b,
  activeProcessHead: u32b,
  machine: u32,
  processors: u32,
  bugCheckCode: u32,
  bugCheckParameters: array(u32b, 4),
  _versionUser: pad(32),
  paeEnabled: u8,
  _spare: pad(3),
  debuggerData: u32b,
  runs: bytes(RUN_BYTES),
  context: bytes(1200),
  exception: struct({ code: u32, flags: u32, record: u32b, address: u32b, _rest: pad(64) }),
  _comment: pad(128),
  _attributes: pad(1768),
  dumpType: u32,
  _miniDumpFields: pad(20),
  requiredSpace: u64n,
  _reserved: pad(16),
  upTime: u64,
  systemTime: u64,
});

/** The fixed part of the 64-bit header; two pages in the file. */
export const header64 = struct({
  ...identity,
  directoryTableBase: u64,
  pfnDatabase: u64,
  loadedModuleList: u64,
  activeProcessHead: u64,
  machine: u32,
  processors: u32,
  bugCheckCode: u32,
  _alignment: pad(4),
  bugCheckParameters: array(u64, 4),
  _versionUser: pad(32),
  debuggerData: u64,
  runs: bytes(RUN_BYTES),
  _runsAlignment: pad(4),
  context: bytes(3000),
  exception: struct({ code: u32, flags: u32, record: u64, address: u64, _rest: pad(128) }),
  dumpType: u32,
  _typeAlignment: pad(4),
  requiredSpace: u64n,
  systemTime: u64,
  _comment: pad(128),
  upTime: u64,
});

export const HEADER_BYTES = { 4: 0x1000, 8: 0x2000 } as const;

/** The list of memory runs inside the header: its head, and one run. */
export const runList = {
  4: { head: struct({ count: u32, pages: u32 }), run: struct({ base: u32, pages: u32 }) },
  8: { head: struct({ count: u32, _alignment: pad(4), pages: u64n }), run: struct({ base: u64n, pages: u64n }) },
} as const;

export const dumpType = {
  full: 1,
  summary: 2,
  header: 3,
  triage: 4,
  bitmapFull: 5,
  bitmapKernel: 6,
  automatic: 7,
} as const;

/** Behind the header of dumps that say by a bitmap which pages they hold: SDMP (part) or FDMP (all), then DUMP. */
export const bitmapHeader = struct({
  signature: text(4),
  validDump: text(4),
  _reserved: pad(24),
  /** File offset of the first page. */
  firstPage: u64n,
  presentPages: u64n,
  /** Bits in the bitmap, which follows. */
  bits: u64n,
});
export const BITMAP_SIGNATURES: readonly string[] = ['SDMP', 'FDMP'];

/** Behind the header of a triage dump: offsets in the file, and counts. */
const triageStart = {
  servicePackBuild: u32,
  dumpSize: u32,
  validOffset: u32,
  contextOffset: u32,
  exceptionOffset: u32,
  mmOffset: u32,
  unloadedDriversOffset: u32,
  prcbOffset: u32,
  processOffset: u32,
  threadOffset: u32,
  stackOffset: u32,
  stackSize: u32,
  driversOffset: u32,
  driverCount: u32,
  stringsOffset: u32,
  stringsSize: u32,
  brokenDriverOffset: u32,
  options: u32,
} as const;
const triageEnd = {
  dataPageOffset: u32,
  dataPageSize: u32,
  debuggerDataOffset: u32,
  debuggerDataSize: u32,
  blocksOffset: u32,
  blockCount: u32,
} as const;

/** A driver: where its name is in the file, then its KLDR_DATA_TABLE_ENTRY. */
const triageDriver32 = struct({
  nameOffset: u32,
  _links: pad(24),
  base: u32b,
  _entryPoint: pad(4),
  size: u32,
  _names: pad(28),
  checksum: u32,
  timestamp: u32,
});
const triageDriver64 = struct({
  nameOffset: u32,
  _alignment: pad(4),
  _links: pad(48),
  base: u64,
  _entryPoint: pad(8),
  size: u32,
  _names: pad(52),
  checksum: u32,
  _checksumAlignment: pad(4),
  timestamp: u32,
  _timestampAlignment: pad(4),
});

/** Unloaded drivers: a count as wide as a pointer, then these. */
const unloadedDriver32 = struct({ nameLength: u16, _name: pad(6), name: bytes(24), start: u32b, end: u32b });
const unloadedDriver64 = struct({ nameLength: u16, _name: pad(14), name: bytes(24), start: u64, end: u64 });

/** By the size of a pointer. */
export const triageLayout = {
  4: {
    header: struct({ ...triageStart, topOfStack: u32b, dataPageAddress: u32b, ...triageEnd }),
    driver: triageDriver32,
    unloadedDriver: unloadedDriver32,
  },
  8: {
    header: struct({ ...triageStart, topOfStack: u64, _ia64: pad(16), dataPageAddress: u64, ...triageEnd }),
    driver: triageDriver64,
    unloadedDriver: unloadedDriver64,
  },
} as const;

/** A piece of memory; addresses of 32 bits have their sign extended. */
export const triageBlock = struct({ address: u64, offset: u32, size: u32 });

/** Offsets of the registers in CONTEXT, by the machine's pointer size. */
export const contextRegisters: Readonly<Record<4 | 8, Readonly<Record<string, number>>>> = {
  4: {
    eip: 0xb8,
    esp: 0xc4,
    ebp: 0xb4,
    eax: 0xb0,
    ebx: 0xa4,
    ecx: 0xac,
    edx: 0xa8,
    esi: 0xa0,
    edi: 0x9c,
    eflags: 0xc0,
  },
  8: {
    rip: 0xf8,
    rsp: 0x98,
    rbp: 0xa0,
    rax: 0x78,
    rbx: 0x90,
    rcx: 0x80,
    rdx: 0x88,
    rsi: 0xa8,
    rdi: 0xb0,
    r8: 0xb8,
    r9: 0xc0,
    r10: 0xc8,
    r11: 0xd0,
    r12: 0xd8,
    r13: 0xe0,
    r14: 0xe8,
    r15: 0xf0,
  },
};
