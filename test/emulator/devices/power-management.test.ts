/** ACPI fixed hardware against ACPI 6.4, 4.8. */
import { beforeEach, expect, test } from 'vitest';
import { PowerManagement } from '../../../src/emulator/devices/acpi/power-management.js';
import { ManualClock, ProbeLine } from './manual-clock.js';

let clock: ManualClock;
let irq: ProbeLine;
let log: string[];
let power: PowerManagement;
const STATUS = 0;
const ENABLE = 2;
const CONTROL = 4;
const TIMER = 8;

beforeEach(() => {
  clock = new ManualClock();
  irq = new ProbeLine();
  log = [];
  power = new PowerManagement({
    clock,
    irq,
    powerOff: () => log.push('off'),
    reset: () => log.push('reset'),
  });
});

test('the timer counts 3.579545 MHz in 24 bits', () => {
  clock.advanceTo(1e9);
  expect(power.ports.read(TIMER, 4)).toBe(3_579_545);
  clock.advanceTo(5e9);
  expect(power.ports.read(TIMER, 4)).toBe((3_579_545 * 5) % 2 ** 24);
});

test('the power button interrupts when enabled, until its status is written back', () => {
  power.pressPowerButton();
  expect([irq.level, power.ports.read(STATUS, 2)]).toEqual([false, 0x100]);
  power.ports.write(ENABLE, 2, 0x100);
  expect(irq.level).toBe(true);
  power.ports.write(STATUS, 2, 0x001);
  expect(irq.level).toBe(true);
  power.ports.write(STATUS, 2, 0x100);
  expect([irq.level, power.ports.read(STATUS, 4)]).toEqual([false, 0x0100_0000]);
});

test('soft-off needs the sleep type of S5 and the enable bit, which reads as zero', () => {
  power.ports.write(CONTROL, 2, 5 << 10);
  power.ports.write(CONTROL, 2, (3 << 10) | 0x2000);
  expect(log).toEqual([]);
  power.ports.write(CONTROL, 2, (5 << 10) | 0x2000);
  expect(log).toEqual(['off']);
  expect(power.ports.read(CONTROL, 2)).toBe((5 << 10) | 1);
});

test('bytes reach their half of a register', () => {
  power.ports.write(CONTROL, 1, 0x00);
  power.ports.write(CONTROL + 1, 1, 0x34);
  expect(log).toEqual(['off']);
});

test('the reset register acts on the rising edge of bit 2', () => {
  power.resetPort.write(0, 1, 2);
  expect(log).toEqual([]);
  power.resetPort.write(0, 1, 6);
  power.resetPort.write(0, 1, 6);
  expect(log).toEqual(['reset']);
});
