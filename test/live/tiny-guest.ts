/**
 * A guest that boots in no time and is idle for most of it: a PVH kernel of a few bytes. It prints `ready`, counts a
 * timer at 1 kHz, echoes what is typed, ends with exit code 0 at `q` and with 3 at `x`, and at `!` crashes.
 *
 * It lives above 6 MiB, and can bring up to 4 MiB that it copies to address 0: the memory of a synthetic Linux guest,
 * so that analysis finds a kernel in it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildElf, xenNote } from '../emulator/machine/boot/elf-builder.js';

const CODE = 0x60_0000;
const TIMER = 0x61_0000;
const SERIAL = 0x61_0100;
const IDT = 0x61_1000;
const GDT = 0x61_2000;
const POINTERS = { idt: 0x61_3000, gdt: 0x61_3010 } as const;
const COPIED = 0x80_0000;
/** Physical address of the number of timer interrupts, 32 bits. */
export const TICKS = 0x62_0000;
/** Guest nanoseconds between two of them: 1193 periods of the PIT's 1.193182 MHz. */
export const TICK_NS = 999_847;

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
const out = (port: number, value: number): number[] => [0xb0, value, 0xe6, port];
const outFar = (port: number, value: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
const print = (text: string): number[] => [
  ...[0x66, 0xba, 0xf8, 0x03],
  ...[...Buffer.from(text)].flatMap((byte) => [0xb0, byte, 0xee]),
];

const start = (period: number): number[] => [
  [0xbc, ...word(0x9000)], // mov esp, 9000h
  [0x0f, 0x01, 0x15, ...word(POINTERS.gdt)], // lgdt
  [0x0f, 0x01, 0x1d, ...word(POINTERS.idt)], // lidt
  out(0x20, 0x11), out(0x21, 0x20), out(0x21, 4), out(0x21, 1), out(0x21, 0xee), // timer and COM1
  out(0xa0, 0x11), out(0xa1, 0x28), out(0xa1, 2), out(0xa1, 1), out(0xa1, 0xff),
  out(0x43, 0x34), out(0x40, period & 0xff), out(0x40, period >> 8),
  outFar(0x3fc, 0x0b), outFar(0x3f9, 0x01),
].flat(); // biome-ignore format: one step a line

const idle = [...print('ready\n'), 0xfb, 0xf4, 0xeb, 0xfd]; // sti; hlt; jmp to the hlt

/** rep movsd of `length` bytes to address 0; the stack moves out of the way. */
const copyDown = (length: number): number[] => [
  ...[0xbc, ...word(0x70_0000)],
  ...[0xbe, ...word(COPIED)],
  ...[0x31, 0xff, 0xb9, ...word(length / 4), 0xf3, 0xa5],
];

const timer = [0x50, 0xff, 0x05, ...word(TICKS), ...out(0x20, 0x20), 0x58, 0xcf];
const serial = [
  [0x50, 0x52],
  [0x66, 0xba, 0xf8, 0x03, 0xec, 0xee], // mov dx, 3f8h; in al, dx; out dx, al
  [0x3c, 0x71, 0x75, 0x04], out(0xf4, 0), // q: exit port
  [0x3c, 0x78, 0x75, 0x04], out(0xf4, 3), // x
  [0x3c, 0x21, 0x75, 0x02, 0x0f, 0x0b], // !: ud2, for which there is no gate
  out(0x20, 0x20),
  [0x5a, 0x58, 0xcf],
].flat(); // biome-ignore format: one step a line

/** 32-bit interrupt gates for vectors 20h (timer) and 24h (COM1) on the selector that PVH loaders leave in CS. */
function interruptTable(): Uint8Array {
  const table = Buffer.alloc(0x30 * 8);
  for (const [vector, handler] of [[0x20, TIMER], [0x24, SERIAL]] as const) {
    table.writeUInt16LE(handler & 0xffff, vector * 8);
    table.writeUInt16LE(0x10, vector * 8 + 2);
    table.writeUInt16LE(0x8e00, vector * 8 + 4);
    table.writeUInt16LE(handler >>> 16, vector * 8 + 6);
  }
  return table;
} // biome-ignore format: a gate a line

/** Flat segments under the selectors that PVH loaders leave: code 10h, data 18h. */
const SEGMENTS = Buffer.from(`${'00'.repeat(16)}ffff0000009bcf00ffff00000093cf00`, 'hex');

/** The kernel's file; `low` is what it copies to address 0, `period` that of its timer. */
function tinyKernel(low?: Uint8Array, period = 1193): Uint8Array {
  const code = [...start(period), ...(low === undefined ? [] : copyDown(low.length)), ...idle];
  return buildElf(32, CODE, [
    { paddr: CODE, data: Uint8Array.from(code) },
    { paddr: TIMER, data: Uint8Array.from(timer) },
    { paddr: SERIAL, data: Uint8Array.from(serial) },
    { paddr: IDT, data: interruptTable() },
    { paddr: GDT, data: SEGMENTS },
    { paddr: POINTERS.idt, data: Uint8Array.from([0x7f, 1, ...word(IDT)]) },
    { paddr: POINTERS.gdt, data: Uint8Array.from([0x1f, 0, ...word(GDT)]) },
    ...(low === undefined ? [] : [{ paddr: COPIED, data: low }]),
    { type: 4, paddr: 0, data: xenNote(18, CODE) },
  ]);
}

/** Writes the guest's files into `folder` and returns the path of its guest file. */
export function writeTinyGuest(folder: string, low?: Uint8Array, period?: number): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'kernel'), tinyKernel(low, period));
  const path = join(folder, 'guest.json');
  writeFileSync(path, JSON.stringify({ name: 'tiny', kernel: 'kernel', memory: 16 << 20, cpu: 64 }));
  return path;
}
