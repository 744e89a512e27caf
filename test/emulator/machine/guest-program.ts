/**
 * A small guest written in bytes: it counts timer interrupts, draws random words, echoes its serial port, works between
 * interrupts and halts now and then. Everything that can make a run non-deterministic happens in it.
 */
import type { BootPlan } from '../../../src/emulator/machine/boot/boot-plan.js';
import { FLAT_GDT, flatEntry } from '../../../src/emulator/machine/boot/flat-entry.js';

const CODE = 0x10_0000;
const HANDLERS = 0x11_0000;
const IDT = 0x8000;
/** Where it counts: loops, random words xor-ed, timer ticks, bytes echoed. */
export const COUNTERS = { loops: 0x4000, random: 0x4004, ticks: 0x4008, echoed: 0x400c } as const;

const word = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
const out = (port: number, value: number): number[] => [0xb0, value, 0xe6, port];
const outFar = (port: number, value: number): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
const increment = (address: number): number[] => [0xff, 0x05, ...word(address)];

const setUp = [
  [0xbc, ...word(0x9000)], // mov esp, 9000h
  out(0x20, 0x11), out(0x21, 0x20), out(0x21, 4), out(0x21, 1), out(0x21, 0xee), // timer and COM1
  out(0xa0, 0x11), out(0xa1, 0x28), out(0xa1, 2), out(0xa1, 1), out(0xa1, 0xff),
  out(0x43, 0x34), out(0x40, 100), out(0x40, 0), // 11.9 kHz: a tick every 84 us
  outFar(0x3fc, 0x0b), outFar(0x3f9, 0x01),
  [0xfb], // sti
].flat(); // biome-ignore format: one step a line

const loop = [
  increment(COUNTERS.loops),
  [0x0f, 0xc7, 0xf0], // rdrand eax
  [0x31, 0x05, ...word(COUNTERS.random)], // xor [random], eax
  [0xb9, ...word(300)], // mov ecx, 300
  [0x49, 0x75, 0xfd], // dec ecx; jnz
  [0xf6, 0x05, ...word(COUNTERS.loops), 0x0f], // test byte [loops], 15
  [0x75, 0x01], // jnz over
  [0xf4], // hlt
].flat(); // biome-ignore format: one step a line

const timerHandler = [0x50, ...increment(COUNTERS.ticks), ...out(0x20, 0x20), 0x58, 0xcf];
const serialHandler = [
  [0x50, 0x52],
  [0x66, 0xba, 0xf8, 0x03, 0xec, 0xee], // mov dx, 3f8h; in al, dx; out dx, al
  increment(COUNTERS.echoed),
  out(0x20, 0x20),
  [0x5a, 0x58, 0xcf],
].flat(); // biome-ignore format: one step a line

/** 32-bit interrupt gates for vectors 20h (timer) and 24h (COM1). */
function interruptTable(): Uint8Array {
  const table = new Uint8Array(256 * 8);
  const view = new DataView(table.buffer);
  for (const [vector, handler] of [
    [0x20, HANDLERS],
    [0x24, HANDLERS + 0x100],
  ] as const) {
    view.setUint16(vector * 8, handler & 0xffff, true);
    view.setUint16(vector * 8 + 2, 0x10, true);
    view.setUint16(vector * 8 + 4, 0x8e00, true);
    view.setUint16(vector * 8 + 6, handler >>> 16, true);
  }
  return table;
}

export function busyGuest(): BootPlan {
  const code = [...setUp, ...loop, 0xe9, ...word(-(loop.length + 5))];
  return {
    protocol: 'test',
    placements: [
      FLAT_GDT,
      { address: CODE, bytes: Uint8Array.from(code) },
      { address: HANDLERS, bytes: Uint8Array.from(timerHandler) },
      { address: HANDLERS + 0x100, bytes: Uint8Array.from(serialHandler) },
      { address: IDT, bytes: interruptTable() },
    ],
    entry: { ...flatEntry(CODE, {}), idt: { base: BigInt(IDT), limit: 0x7ff } },
  };
}

/** A guest of raw code at 1 MiB, interrupts off and no interrupt table. */
export function rawGuest(...code: readonly (readonly number[])[]): BootPlan {
  return {
    protocol: 'test',
    placements: [FLAT_GDT, { address: CODE, bytes: Uint8Array.from(code.flat()) }],
    entry: flatEntry(CODE, {}),
  };
}

export const assemble = { out, outFar, word };
