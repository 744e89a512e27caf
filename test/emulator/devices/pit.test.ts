/** The 8254 against its data sheet (Intel 231164) and the PC's port 61h, on exact tick arithmetic. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Pit } from '../../../src/emulator/devices/pit/pit.js';
import { PIT_HERTZ } from '../../../src/emulator/devices/pit/pit-channel.js';
import { ManualClock, ProbeLine } from './manual-clock.js';

let clock: ManualClock;
let irq: ProbeLine;
let pit: Pit;
const nanoseconds = (ticks: number): number => Math.ceil((ticks * 1e9) / PIT_HERTZ);
const control = (value: number): void => pit.ports.write(3, 1, value);
const load = (channel: number, count: number): void => {
  pit.ports.write(channel, 1, count & 0xff);
  pit.ports.write(channel, 1, count >> 8);
};
const count = (channel: number): number => pit.ports.read(channel, 1) | (pit.ports.read(channel, 1) << 8);
const latched = (channel: number): number => {
  control(channel << 6);
  return count(channel);
};

beforeEach(() => {
  clock = new ManualClock();
  irq = new ProbeLine();
  pit = new Pit(clock, irq);
});

describe('8254', () => {
  test('mode 2 interrupts at the programmed rate without drift', () => {
    control(0x34);
    load(0, 11932);
    clock.advanceTo(10 * 1e9);
    // 1193182 / 11932 = 99.998… interrupts a second.
    expect(irq.edges).toBe(Math.floor((10 * PIT_HERTZ) / 11932));
  });

  test('mode 2 counts down from N to 1 and starts over', () => {
    control(0x34);
    load(0, 1000);
    expect(latched(0)).toBe(1000);
    clock.advanceTo(nanoseconds(1));
    expect(latched(0)).toBe(999);
    clock.advanceTo(nanoseconds(999));
    expect(latched(0)).toBe(1);
    clock.advanceTo(nanoseconds(1000));
    expect(latched(0)).toBe(1000);
  });

  test('a count of zero is 65536, in BCD 10000', () => {
    control(0x34);
    load(0, 0);
    clock.advanceTo(nanoseconds(1));
    expect(latched(0)).toBe(0xffff);
    control(0x35);
    load(0, 0);
    clock.advance(nanoseconds(1) + 1);
    expect(latched(0)).toBe(0x9999);
  });

  test('mode 0 interrupts once and goes on counting through zero', () => {
    control(0x30);
    load(0, 100);
    clock.advanceTo(nanoseconds(99));
    expect(irq.edges).toBe(0);
    clock.advanceTo(nanoseconds(100));
    expect(irq.edges).toBe(1);
    clock.advanceTo(nanoseconds(102));
    expect(latched(0)).toBe(0xfffe);
    expect(irq.edges).toBe(1);
  });

  test('mode 3 counts by two, twice a period', () => {
    control(0x36);
    load(0, 100);
    clock.advanceTo(nanoseconds(10));
    expect(latched(0)).toBe(80);
    clock.advanceTo(nanoseconds(50));
    expect(latched(0)).toBe(100);
    clock.advanceTo(nanoseconds(1000));
    expect(irq.edges).toBe(10);
  });

  test('a latched count does not move until it is read', () => {
    control(0x34);
    load(0, 1000);
    control(0x00);
    clock.advanceTo(nanoseconds(500));
    expect(count(0)).toBe(1000);
    expect(latched(0)).toBe(500);
  });

  test('read-back latches status and count of several channels', () => {
    control(0x34);
    load(0, 1000);
    control(0xb0);
    load(2, 77);
    control(0xca);
    // Status: OUT, null count, access, mode, BCD.
    expect(pit.ports.read(0, 1)).toBe(0xb4);
    expect(count(0)).toBe(1000);
    expect(pit.ports.read(2, 1) & 0x3f).toBe(0x30);
    expect(count(2)).toBe(77);
  });

  test('channel 2 is gated and read through port 61h', () => {
    control(0xb0);
    pit.controlPort.write(0, 1, 0);
    load(2, 200);
    clock.advanceTo(nanoseconds(500));
    expect(pit.controlPort.read(0, 1) & 0x21).toBe(0);
    pit.controlPort.write(0, 1, 1);
    clock.advance(nanoseconds(199));
    expect(pit.controlPort.read(0, 1) & 0x21).toBe(0x01);
    clock.advance(nanoseconds(2));
    expect(pit.controlPort.read(0, 1) & 0x21).toBe(0x21);
  });

  test('the refresh bit of port 61h toggles every 15 us', () => {
    const levels = Array.from({ length: 200 }, () => {
      clock.advance(1000);
      return (pit.controlPort.read(0, 1) >> 4) & 1;
    });
    const toggles = levels.filter((level, i) => i > 0 && level !== levels[i - 1]).length;
    expect(toggles).toBe(13);
  });
});
