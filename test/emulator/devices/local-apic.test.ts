/** The local APIC and the I/O APIC against SDM volume 3 (chapter 11) and the 82093AA data sheet. */
import { beforeEach, describe, expect, test } from 'vitest';
import { IoApic } from '../../../src/emulator/devices/apic/io-apic.js';
import { LocalApic } from '../../../src/emulator/devices/apic/local-apic.js';
import { ManualClock } from './manual-clock.js';

const AT = {
  tpr: 0x80,
  ppr: 0xa0,
  eoi: 0xb0,
  ldr: 0xd0,
  svr: 0xf0,
  isr: 0x100,
  irr: 0x200,
  esr: 0x280,
  icr: 0x300,
} as const;
const LVT = { timer: 0x320, lint0: 0x350, lint1: 0x360, error: 0x370 } as const;
const TIMER = { initial: 0x380, current: 0x390, divide: 0x3e0 } as const;
const MASKED = 0x1_0000;

let clock: ManualClock;
let apic: LocalApic;
let io: IoApic;
let nmis: number;
let bases: number[];
const read = (offset: number): number => apic.registers.read(offset, 4);
const write = (offset: number, value: number): void => apic.registers.write(offset, 4, value);
const send = (vector: number): void => write(AT.icr, 0x4_0000 | vector);
const redirect = (pin: number, low: number, high = 0): void => {
  io.registers.write(0, 4, 0x11 + pin * 2);
  io.registers.write(0x10, 4, high);
  io.registers.write(0, 4, 0x10 + pin * 2);
  io.registers.write(0x10, 4, low);
};
const redirection = (pin: number): number => {
  io.registers.write(0, 4, 0x10 + pin * 2);
  return io.registers.read(0x10, 4);
};

beforeEach(() => {
  clock = new ManualClock();
  nmis = 0;
  bases = [];
  apic = new LocalApic({
    clock,
    changed: () => {},
    nmi: () => nmis++,
    moved: (base) => bases.push(base),
    endOfInterrupt: (vector) => io.endOfInterrupt(vector),
  });
  io = new IoApic((message) => apic.receive(message));
  write(AT.svr, 0x1ff);
});

describe('local APIC', () => {
  test('nests by class and ends the highest in service', () => {
    send(0x31);
    send(0x52);
    expect(apic.acknowledge()).toBe(0x52);
    expect(apic.requesting).toBe(false);
    send(0x5f);
    expect(apic.requesting).toBe(false);
    send(0x61);
    expect(apic.acknowledge()).toBe(0x61);
    expect(read(AT.ppr)).toBe(0x60);
    write(AT.eoi, 0);
    expect(read(AT.ppr)).toBe(0x50);
    write(AT.eoi, 0);
    expect([apic.acknowledge(), apic.acknowledge()]).toEqual([0x5f, 0x1ff & 0xff]);
    expect(read(AT.isr + 0x20)).toBe(0x8000_0000);
    expect(read(AT.irr + 0x10)).toBe(1 << 17);
  });

  test('the task priority holds back its class and those below', () => {
    apic.taskPriority = 0x40;
    send(0x4f);
    expect([apic.requesting, read(AT.tpr), read(AT.ppr)]).toEqual([false, 0x40, 0x40]);
    write(AT.tpr, 0x3f);
    expect(apic.acknowledge()).toBe(0x4f);
  });

  test('refuses vectors below 16 and reports them', () => {
    write(LVT.error, 0xfe);
    send(0x0f);
    write(AT.esr, 0);
    expect(read(AT.esr)).toBe(0x20);
    expect(apic.acknowledge()).toBe(0xfe);
    write(AT.esr, 0);
    expect(read(AT.esr)).toBe(0);
  });

  test('masks everything while software keeps it off', () => {
    write(LVT.timer, 0x30);
    write(AT.svr, 0xff);
    expect(read(LVT.timer)).toBe(MASKED | 0x30);
    write(LVT.timer, 0x30);
    expect(read(LVT.timer)).toBe(MASKED | 0x30);
    send(0x40);
    expect(apic.requesting).toBe(false);
  });

  test('the one-shot timer counts down with its divider and fires once', () => {
    write(TIMER.divide, 0x3);
    write(LVT.timer, 0x30);
    write(TIMER.initial, 1000);
    clock.advanceTo(16 * 400);
    expect(read(TIMER.current)).toBe(600);
    clock.advanceTo(16 * 999);
    expect(apic.requesting).toBe(false);
    clock.advanceTo(16 * 1000);
    expect([apic.acknowledge(), read(TIMER.current)]).toEqual([0x30, 0]);
    write(AT.eoi, 0);
    clock.advance(1e9);
    expect(apic.requesting).toBe(false);
  });

  test('the periodic timer fires for ever, and not while masked', () => {
    write(TIMER.divide, 0xb);
    write(LVT.timer, 0x2_0030);
    write(TIMER.initial, 100);
    for (let period = 1; period <= 3; period++) {
      clock.advanceTo(100 * period);
      expect(apic.acknowledge()).toBe(0x30);
      write(AT.eoi, 0);
    }
    write(LVT.timer, 0x2_0030 | MASKED);
    clock.advance(1000);
    expect(apic.requesting).toBe(false);
    expect(read(TIMER.current)).toBe(100);
  });

  test('a count that has run out stays zero when the timer becomes periodic, until one is loaded', () => {
    write(TIMER.divide, 0xb);
    write(LVT.timer, 0x30 | MASKED);
    write(TIMER.initial, 100);
    clock.advanceTo(150);
    write(LVT.timer, 0x2_0030 | MASKED);
    expect([read(TIMER.current), read(TIMER.initial)]).toEqual([0, 100]);
    clock.advanceTo(1000);
    expect(read(TIMER.current)).toBe(0);
    write(TIMER.initial, 100);
    clock.advanceTo(1030);
    expect(read(TIMER.current)).toBe(70);
  });

  test('a periodic timer that becomes one-shot counts its period to the end', () => {
    write(TIMER.divide, 0xb);
    write(LVT.timer, 0x2_0030);
    write(TIMER.initial, 100);
    clock.advanceTo(250);
    expect(apic.acknowledge()).toBe(0x30);
    write(AT.eoi, 0);
    write(LVT.timer, 0x30);
    expect(read(TIMER.current)).toBe(50);
    clock.advanceTo(300);
    expect([apic.acknowledge(), read(TIMER.current)]).toEqual([0x30, 0]);
  });

  test('the deadline timer fires at a time-stamp and disarms', () => {
    write(LVT.timer, 0x4_0030);
    expect(apic.writeMsr(0x6e0, 5000n)).toBe(true);
    expect(apic.readMsr(0x6e0)).toBe(5000n);
    clock.advanceTo(4999);
    expect(apic.requesting).toBe(false);
    clock.advanceTo(5000);
    expect([apic.acknowledge(), apic.readMsr(0x6e0)]).toEqual([0x30, 0n]);
  });

  test('lets the 8259 through LINT0 as ExtINT, and always while globally off', () => {
    expect(apic.passesExternal).toBe(false);
    write(LVT.lint0, 0x700);
    expect(apic.passesExternal).toBe(true);
    write(LVT.lint0, 0x700 | MASKED);
    expect(apic.passesExternal).toBe(false);
    expect(apic.writeMsr(0x1b, 0xfee0_0100n)).toBe(true);
    expect([apic.passesExternal, read(AT.svr)]).toEqual([true, 0xffff_ffff]);
  });

  test('raises NMI from LINT1', () => {
    write(LVT.lint1, 0x400);
    apic.nmiPin.set(true);
    expect(nmis).toBe(1);
  });

  test('moves its page, and refuses reserved bits of its base and x2APIC', () => {
    expect(apic.writeMsr(0x1b, 0xfed4_0800n)).toBe(true);
    expect([apic.readMsr(0x1b), bases.at(-1)]).toEqual([0xfed4_0900n, 0xfed4_0000]);
    const refused = [0xfee0_0d00n, 0xfee0_0901n, 1n << 40n].map((value) => apic.writeMsr(0x1b, value));
    expect(refused).toEqual(['fault', 'fault', 'fault']);
    expect(apic.readMsr(0x1b)).toBe(0xfed4_0900n);
    apic.reset();
    expect(bases.at(-1)).toBe(0xfee0_0000);
  });
});

describe('I/O APIC', () => {
  test('identifies itself as 24 pins of version 11h', () => {
    io.registers.write(0, 4, 1);
    expect(io.registers.read(0x10, 4)).toBe(0x0017_0011);
  });

  test('sends an edge once, and loses it while masked', () => {
    redirect(4, 0x41);
    io.setPin(4, true);
    io.setPin(4, true);
    expect(apic.acknowledge()).toBe(0x41);
    write(AT.eoi, 0);
    expect(apic.requesting).toBe(false);
    io.setPin(4, false);
    redirect(4, 0x41 | MASKED);
    io.setPin(4, true);
    redirect(4, 0x41);
    expect(apic.requesting).toBe(false);
  });

  test('repeats a level after its end while the pin stays, with remote IRR between', () => {
    redirect(10, 0x8000 | 0x51);
    io.setPin(10, true);
    expect(redirection(10)).toBe(0xc051);
    expect(apic.acknowledge()).toBe(0x51);
    write(AT.eoi, 0);
    expect(apic.acknowledge()).toBe(0x51);
    io.setPin(10, false);
    write(AT.eoi, 0);
    expect([apic.requesting, redirection(10)]).toEqual([false, 0x8051]);
  });

  test('matches logical destinations, flat model', () => {
    write(AT.ldr, 0x0100_0000);
    redirect(3, 0x0800 | 0x61, 0x0200_0000);
    io.setPin(3, true);
    expect(apic.requesting).toBe(false);
    io.setPin(3, false);
    redirect(3, 0x0800 | 0x61, 0x0300_0000);
    io.setPin(3, true);
    expect(apic.acknowledge()).toBe(0x61);
  });
});
