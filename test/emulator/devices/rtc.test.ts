/** The MC146818 against its data sheet: calendar in all encodings, SET, update in progress, the three interrupts. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Rtc } from '../../../src/emulator/devices/rtc/rtc.js';
import { ManualClock, ProbeLine } from './manual-clock.js';

const SECOND = 1_000_000_000;
let clock: ManualClock;
let irq: ProbeLine;
let rtc: Rtc;
const read = (index: number): number => {
  rtc.ports.write(0, 1, index);
  return rtc.ports.read(1, 1);
};
const write = (index: number, value: number): void => {
  rtc.ports.write(0, 1, index);
  rtc.ports.write(1, 1, value);
};
const time = (): number[] => [0x32, 9, 8, 7, 6, 4, 2, 0].map(read);

beforeEach(() => {
  clock = new ManualClock();
  irq = new ProbeLine();
  // Saturday, 29 February 2020, 23:59:58 UTC.
  rtc = new Rtc(clock, irq, { seconds: Date.UTC(2020, 1, 29, 23, 59, 58) / 1000 });
});

describe('MC146818', () => {
  test('tells the time in BCD and runs over the end of a leap February', () => {
    expect(time()).toEqual([0x20, 0x20, 0x02, 0x29, 0x07, 0x23, 0x59, 0x58]);
    clock.advanceTo(2 * SECOND);
    expect(time()).toEqual([0x20, 0x20, 0x03, 0x01, 0x01, 0x00, 0x00, 0x00]);
  });

  test('tells it in binary and with twelve hours', () => {
    write(0x0b, 0x04);
    expect(time()).toEqual([20, 20, 2, 29, 7, 0x80 | 11, 59, 58]);
    write(0x0b, 0x06);
    expect(read(4)).toBe(23);
  });

  test('stands still while SET is on and goes on from what was written', () => {
    write(0x0b, 0x82);
    clock.advanceTo(10 * SECOND);
    expect(read(0)).toBe(0x58);
    for (const [index, value] of [
      [9, 0x24],
      [8, 0x07],
      [7, 0x04],
      [4, 0x12],
      [2, 0x30],
      [0, 0x00],
    ] as const) {
      write(index, value);
    }
    write(0x0b, 0x02);
    clock.advance(61 * SECOND);
    expect(time()).toEqual([0x20, 0x24, 0x07, 0x04, 0x05, 0x12, 0x31, 0x01]);
  });

  test('announces the update 244 us and more before the second', () => {
    clock.advanceTo(SECOND - 3_000_000);
    expect(read(0x0a) & 0x80).toBe(0);
    clock.advanceTo(SECOND - 244_000);
    expect(read(0x0a) & 0x80).toBe(0x80);
    clock.advanceTo(SECOND);
    expect(read(0x0a) & 0x80).toBe(0);
  });

  test('interrupts periodically at the selected rate; reading C acknowledges', () => {
    write(0x0a, 0x26);
    write(0x0b, 0x42);
    let interrupts = 0;
    for (let ms = 1; ms <= 1000; ms++) {
      clock.advanceTo(ms * 1_000_000);
      if (irq.level) interrupts++;
      read(0x0c);
    }
    // 1024 Hz, looked at 1000 times a second.
    expect(interrupts).toBe(1000);
    clock.advance(976_563);
    expect(read(0x0c)).toBe(0xc0);
    expect(irq.level).toBe(false);
  });

  test('interrupts at the update and at the alarm', () => {
    write(0x0b, 0x12);
    clock.advanceTo(SECOND);
    expect([irq.level, read(0x0c)]).toEqual([true, 0x90]);
    // Every minute at second 03.
    for (const [index, value] of [
      [1, 0x03],
      [3, 0xff],
      [5, 0xc0],
    ] as const)
      write(index, value);
    write(0x0b, 0x22);
    clock.advanceTo(4 * SECOND);
    expect(irq.level).toBe(false);
    clock.advanceTo(5 * SECOND);
    expect([irq.level, read(0x0c)]).toEqual([true, 0xb0]);
    clock.advanceTo(64 * SECOND);
    expect(irq.level).toBe(false);
    clock.advanceTo(65 * SECOND);
    expect(irq.level).toBe(true);
  });

  test('keeps CMOS memory', () => {
    for (let index = 0x0e; index < 0x80; index++) if (index !== 0x32) write(index, index ^ 0x5a);
    for (let index = 0x0e; index < 0x80; index++) if (index !== 0x32) expect(read(index)).toBe(index ^ 0x5a);
  });
});
