/**
 * A processor without a machine: flat RAM, a bus that records, page tables and descriptor tables written by hand.
 * The layout of everything in RAM is fixed here so that tests can speak of it.
 */
import { createProcessor, type MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import type { Bus } from '../../../src/emulator/cpu/processor.js';
import type { PreparedHandlers } from '../../../src/emulator/interpreter/prepared-handlers.js';
import type { CodeStore } from '../../../src/emulator/jit/code-store.js';

export const CODE = 0x1000;
export const HANDLERS = 0x2000;
export const IDT = 0x3000;
export const GDT = 0x4000;
export const TSS = 0x4800;
export const DATA = 0x6000;
export const STACK_TOP = 0x9000;
export const PAGE_TABLES = 0x2_0000;
export const RAM_BYTES = 4 << 20;

export interface Recorder {
  readonly writes: [port: number, value: number][];
  vector: number;
}

export interface Bare {
  readonly cpu: MemlapseProcessor;
  readonly bus: Recorder;
}

/**
 * `hot`: runs after which a block is translated; undefined for no second tier. `code`: what earlier runs translated.
 * `handlers`: those that were made ahead.
 */
export function bareProcessor(
  options: { model?: string; hot?: number; ramBytes?: number; code?: CodeStore; handlers?: PreparedHandlers } = {},
): Bare {
  const bus: Recorder = { writes: [], vector: -1 };
  let cpu: MemlapseProcessor;
  const outside: Bus = {
    readPort: (port) => port & 0xff,
    writePort: (port, _size, value) => void bus.writes.push([port, value]),
    readPhysical: (address) => address & 0xff,
    writePhysical: () => {},
    acknowledgeInterrupt: () => {
      cpu.setInterruptLine(false);
      return bus.vector;
    },
    randomWord: () => 0x0123_4567_89ab_cdefn,
    readMsr: () => undefined,
    writeMsr: () => false,
    readTaskPriority: () => 0,
    writeTaskPriority: () => {},
  };
  cpu = createProcessor({
    ramBytes: options.ramBytes ?? RAM_BYTES,
    bus: outside,
    model: options.model ?? 'memlapse64',
    jit: options.hot !== undefined,
    code: options.code,
    handlers: options.handlers,
  });
  if (options.hot !== undefined) cpu.core.blocks.hotThreshold = options.hot;
  return { cpu, bus };
}

/** 'b8 01 00 00 00' -> bytes. */
export function bytes(text: string): number[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => Number.parseInt(word, 16));
}

export function load(cpu: MemlapseProcessor, address: number, text: string): void {
  const code = bytes(text);
  cpu.ram.set(code, address);
  cpu.noteWritten(address, code.length);
}

export function put(cpu: MemlapseProcessor, address: number, size: 2 | 4 | 8, value: bigint): void {
  const view = new DataView(cpu.ram.buffer, cpu.ram.byteOffset, cpu.ram.length);
  if (size === 8) view.setBigUint64(address, BigInt.asUintN(64, value), true);
  else if (size === 4) view.setUint32(address, Number(value & 0xffffffffn), true);
  else view.setUint16(address, Number(value & 0xffffn), true);
  cpu.noteWritten(address, size);
}

export function get(cpu: MemlapseProcessor, address: number, size: 1 | 2 | 4 | 8): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(cpu.ram[address + i] as number);
  return value;
}

const flat = (selector: number, attributes: number) => ({ selector, base: 0n, limit: 0xffffffff, attributes });

/** GDT: 08 code, 10 data (ring 0); 18 code, 20 data (ring 3); 28 TSS. Every vector's handler is one HLT. */
function writeTables(cpu: MemlapseProcessor, long: boolean): void {
  const code = long ? 0x00af_9b00_0000_ffffn : 0x00cf_9b00_0000_ffffn;
  const descriptors = [0n, code, 0x00cf_9300_0000_ffffn, code | (3n << 45n), 0x00cf_f300_0000_ffffn];
  descriptors.forEach((value, i) => {
    put(cpu, GDT + i * 8, 8, value);
  });
  put(cpu, GDT + 0x28, 8, 0x0000_8900_0000_0067n | (BigInt(TSS) << 16n));
  put(cpu, GDT + 0x30, 8, 0n);
  if (long) put(cpu, TSS + 4, 8, BigInt(STACK_TOP));
  else {
    put(cpu, TSS + 4, 4, BigInt(STACK_TOP));
    put(cpu, TSS + 8, 4, 0x10n);
  }
  // No I/O permission bitmap.
  put(cpu, TSS + 0x66, 2, 0x68n);
  for (let vector = 0; vector < 64; vector++) {
    const handler = BigInt(HANDLERS + vector);
    const gate = handler | (8n << 16n) | (0x8e00n << 32n);
    put(cpu, IDT + vector * (long ? 16 : 8), 8, gate);
    if (long) put(cpu, IDT + vector * 16 + 8, 8, 0n);
  }
  cpu.ram.fill(0xf4, HANDLERS, HANDLERS + 64);
}

const common = (cpu: MemlapseProcessor, long: boolean): void => {
  writeTables(cpu, long);
  cpu.enter({
    registers: { rip: BigInt(CODE), rsp: BigInt(STACK_TOP), rflags: 2n },
    control: {},
    segments: {
      cs: flat(8, long ? 0xa09b : 0xc09b),
      ...Object.fromEntries(['ss', 'ds', 'es', 'fs', 'gs'].map((name) => [name, flat(0x10, 0xc093)])),
      tr: { selector: 0x28, base: BigInt(TSS), limit: 0x67, attributes: 0x8b },
    },
    gdt: { base: BigInt(GDT), limit: 0x37 },
    idt: { base: BigInt(IDT), limit: 0x3ff },
  });
};

/** Flat 32-bit protected mode, paging off, ring 0. */
export function enterProtected(cpu: MemlapseProcessor): void {
  cpu.setRegister('cr0', 0x11n);
  common(cpu, false);
}

/** 64-bit mode, ring 0; the first 2 MiB are mapped one to one with 4 KiB pages (present, writable, user). */
export function enterLong(cpu: MemlapseProcessor): void {
  const tables = BigInt(PAGE_TABLES);
  put(cpu, PAGE_TABLES, 8, (tables + 0x1000n) | 7n);
  put(cpu, PAGE_TABLES + 0x1000, 8, (tables + 0x2000n) | 7n);
  put(cpu, PAGE_TABLES + 0x2000, 8, (tables + 0x3000n) | 7n);
  for (let i = 0; i < 512; i++) put(cpu, PAGE_TABLES + 0x3000 + i * 8, 8, BigInt(i * 4096) | 7n);
  cpu.setRegister('cr4', 0x20n);
  cpu.setRegister('efer', 0xd01n);
  cpu.setRegister('cr3', tables);
  cpu.setRegister('cr0', 0x8001_0011n);
  common(cpu, true);
}

/** Address of the 4 KiB page-table entry for `address` below 2 MiB after `enterLong`. */
export const pageEntry = (address: number): number => PAGE_TABLES + 0x3000 + (address >>> 12) * 8;

/** Continues at ring 3 with the same RIP. */
export function enterUser(cpu: MemlapseProcessor): void {
  cpu.setRegister('cpl', 3n);
  cpu.setSegment('cs', { ...cpu.getSegment('cs'), selector: 0x1b, attributes: cpu.getSegment('cs').attributes | 0x60 });
  cpu.setSegment('ss', flat(0x23, 0xc0f3));
}

/** Which vector's handler the processor halted in, or undefined. */
export function haltedIn(cpu: MemlapseProcessor): number | undefined {
  const at = Number(cpu.getRegister('rip')) - HANDLERS - 1;
  return at >= 0 && at < 64 ? at : undefined;
}
