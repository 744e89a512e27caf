/**
 * Builds Windows crash dumps from the published descriptions of their headers, field by field at its offset. Knows nothing
 * of the reader's layouts.
 */
import type { GuestRange } from './guest.js';

export interface DumpFacts {
  readonly bits: 32 | 64;
  /** DumpType of the header: 1 full, 4 triage, 5 and 6 with a bitmap. */
  readonly type: number;
  readonly cr3: bigint;
  readonly pae?: boolean;
  readonly bugCheck?: { readonly code: number; readonly parameters: readonly bigint[] };
  readonly rip?: bigint;
}

const PAGE = 4096;

/** Offsets in the header, 32 and 64 bits. */
const AT = {
  32: { cr3: 0x10, machine: 0x20, cpus: 0x24, code: 0x28, parameters: 0x2c, runs: 0x64, context: 0x320, type: 0xf88 },
  64: { cr3: 0x10, machine: 0x30, cpus: 0x34, code: 0x38, parameters: 0x40, runs: 0x88, context: 0x348, type: 0xf98 },
} as const;
const TIMES = { 32: { up: 0xfb8, system: 0xfc0 }, 64: { up: 0x1030, system: 0xfa8 } } as const;
const RIP = { 32: 0xb8, 64: 0xf8 } as const;

/** 2021-02-21T01:38:22Z, and 3 seconds, in steps of 100 ns. */
const SYSTEM_TIME = BigInt(Date.UTC(2021, 1, 21, 1, 38, 22) - Date.UTC(1601, 0, 1)) * 10_000n;
const UP_TIME = 30_000_000n;

function header(guest: readonly GuestRange[], facts: DumpFacts): Buffer {
  const { bits, type, cr3, bugCheck, rip = 0n } = facts;
  const at = AT[bits];
  const out = Buffer.alloc(bits === 64 ? 2 * PAGE : PAGE);
  for (let i = 0; i < out.length; i += 4) out.write('PAGE', i, 'latin1');
  const word = (offset: number, value: bigint) =>
    bits === 64 ? out.writeBigUInt64LE(value, offset) : out.writeUInt32LE(Number(value), offset);
  out.write(bits === 64 ? 'DU64' : 'DUMP', 4, 'latin1');
  out.writeUInt32LE(15, 8);
  out.writeUInt32LE(19041, 12);
  word(at.cr3, cr3);
  out.writeUInt32LE(bits === 64 ? 0x8664 : 0x14c, at.machine);
  out.writeUInt32LE(2, at.cpus);
  out.writeUInt32LE(bugCheck?.code ?? 0, at.code);
  for (const [i, value] of (bugCheck?.parameters ?? [0n, 0n, 0n, 0n]).entries()) {
    word(at.parameters + i * (bits / 8), value);
  }
  if (bits === 32) out.writeUInt8(facts.pae === true ? 1 : 0, 0x5c);
  const step = bits / 8;
  const pages = guest.reduce((sum, { bytes }) => sum + bytes.length / PAGE, 0);
  out.writeUInt32LE(guest.length, at.runs);
  word(at.runs + step, BigInt(pages));
  for (const [i, { start, bytes }] of guest.entries()) {
    word(at.runs + step * (2 + 2 * i), BigInt(start / PAGE));
    word(at.runs + step * (3 + 2 * i), BigInt(bytes.length / PAGE));
  }
  word(at.context + RIP[bits], rip);
  out.writeUInt32LE(type, at.type);
  out.writeBigUInt64LE(UP_TIME, TIMES[bits].up);
  out.writeBigUInt64LE(SYSTEM_TIME, TIMES[bits].system);
  return out;
}

/** A full dump: the header's runs, one after the other. */
export function buildFullDump(guest: readonly GuestRange[], facts: Omit<DumpFacts, 'type'>): Buffer {
  return Buffer.concat([header(guest, { ...facts, type: 1 }), ...guest.map(({ bytes }) => bytes)]);
}

/**
 * A dump with a bitmap: of `frames` frames those that `guest` holds. The header's runs describe all of memory.
 * @param kind what the header and the bitmap call it: 6 and `SDMP` for parts of memory (kernel, active), 5 and `FDMP` for all
 */
export function buildBitmapDump(
  guest: readonly GuestRange[],
  frames: number,
  facts: Omit<DumpFacts, 'type'>,
  kind: { readonly type: number; readonly signature: string } = { type: 6, signature: 'SDMP' },
): Buffer {
  const bitmap = Buffer.alloc(Math.ceil(frames / 8));
  let present = 0;
  for (const { start, bytes } of guest) {
    for (let frame = start / PAGE; frame < (start + bytes.length) / PAGE; frame++, present++) {
      bitmap[frame >> 3] = (bitmap[frame >> 3] as number) | (1 << (frame & 7));
    }
  }
  const start = header([{ start: 0, bytes: Buffer.alloc(0) }], { ...facts, type: kind.type });
  const firstPage = Math.ceil((start.length + 0x38 + bitmap.length) / PAGE) * PAGE;
  const bitmapHead = Buffer.alloc(0x38);
  bitmapHead.write(`${kind.signature}DUMP`, 0, 'latin1');
  bitmapHead.writeBigUInt64LE(BigInt(firstPage), 0x20);
  bitmapHead.writeBigUInt64LE(BigInt(present), 0x28);
  bitmapHead.writeBigUInt64LE(BigInt(frames), 0x30);
  const head = Buffer.concat([start, bitmapHead, bitmap]);
  const gap = Buffer.alloc(firstPage - head.length);
  return Buffer.concat([head, gap, ...guest.map(({ bytes }) => bytes)]);
}

export interface TriageTruth {
  readonly drivers: readonly {
    readonly path: string;
    readonly base: bigint;
    readonly size: number;
    readonly timestamp: number;
  }[];
  readonly unloaded: readonly { readonly name: string; readonly start: bigint; readonly end: bigint }[];
  readonly blocks: readonly { readonly address: bigint; readonly bytes: Buffer }[];
  readonly stack: { readonly address: bigint; readonly bytes: Buffer };
  /** Copies of KPRCB, EPROCESS and ETHREAD. */
  readonly structures: readonly [Buffer, Buffer, Buffer];
}

/** A triage dump: tables behind the header that say where in the file each part is. */
export function buildTriageDump(
  facts: Omit<DumpFacts, 'type'> & { readonly build?: number },
  truth: TriageTruth,
): Buffer {
  const { bits } = facts;
  const word = bits / 8;
  const start = header([{ start: 0, bytes: Buffer.alloc(0) }], { ...facts, type: 4 });
  if (facts.build !== undefined) start.writeUInt32LE(facts.build, 12);
  const table = Buffer.alloc(0x100);
  const parts: Buffer[] = [start, table];
  let next = start.length + table.length;
  const put = (bytes: Buffer): number => {
    const at = next;
    parts.push(bytes);
    next += bytes.length;
    return at;
  };
  const pointer = (bytes: Buffer, at: number, value: bigint) =>
    bits === 64 ? bytes.writeBigUInt64LE(value, at) : bytes.writeUInt32LE(Number(value), at);
  const [prcb, process, thread] = truth.structures.map(put) as [number, number, number];
  const stack = put(truth.stack.bytes);
  const names = truth.drivers.map(({ path }) => {
    const text = Buffer.alloc(4 + path.length * 2);
    text.writeUInt32LE(path.length, 0);
    text.write(path, 4, 'utf16le');
    return put(text);
  });
  // The name's place, then the loader's record: base, size, checksum and time stamp lie at these offsets of it.
  const [record, baseAt, sizeAt, stampAt] = bits === 64 ? [0x90, 0x38, 0x48, 0x88] : [0x4c, 0x1c, 0x24, 0x48];
  const drivers = Buffer.alloc(truth.drivers.length * record);
  truth.drivers.forEach(({ base, size, timestamp }, index) => {
    const at = index * record;
    drivers.writeUInt32LE(names[index] as number, at);
    pointer(drivers, at + baseAt, base);
    drivers.writeUInt32LE(size, at + sizeAt);
    drivers.writeUInt32LE(timestamp, at + stampAt);
  });
  const driverList = put(drivers);
  const [entry, nameAt, rangeAt] = bits === 64 ? [0x38, 16, 40] : [0x28, 8, 32];
  const unloaded = Buffer.alloc(word + truth.unloaded.length * entry);
  pointer(unloaded, 0, BigInt(truth.unloaded.length));
  truth.unloaded.forEach(({ name, start: from, end }, index) => {
    const at = word + index * entry;
    unloaded.writeUInt16LE(name.length * 2, at);
    unloaded.write(name, at + nameAt, 'utf16le');
    pointer(unloaded, at + rangeAt, from);
    pointer(unloaded, at + rangeAt + word, end);
  });
  const unloadedList = put(unloaded);
  const blocks = Buffer.alloc(truth.blocks.length * 16);
  truth.blocks.forEach(({ address, bytes }, index) => {
    // Addresses of 32 bits have their sign extended.
    blocks.writeBigInt64LE(BigInt.asIntN(bits, address), index * 16);
    blocks.writeUInt32LE(put(bytes), index * 16 + 8);
    blocks.writeUInt32LE(bytes.length, index * 16 + 12);
  });
  const blockList = put(blocks);
  const words: readonly (readonly [number, number])[] = [
    [0x18, unloadedList],
    [0x1c, prcb],
    [0x20, process],
    [0x24, thread],
    [0x28, stack],
    [0x2c, truth.stack.bytes.length],
    [0x30, driverList],
    [0x34, truth.drivers.length],
    [bits === 64 ? 0x78 : 0x60, blockList],
    [bits === 64 ? 0x7c : 0x64, truth.blocks.length],
  ];
  for (const [at, value] of words) table.writeUInt32LE(value, at);
  pointer(table, 0x48, truth.stack.address);
  return Buffer.concat(parts);
}
