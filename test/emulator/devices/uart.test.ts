/** The 16550A against the PC16550D data sheet: FIFOs, triggers, timeout, interrupt priority, loopback, modem status. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Uart } from '../../../src/emulator/devices/uart/uart.js';
import { ManualClock, ProbeLine } from './manual-clock.js';

let clock: ManualClock;
let irq: ProbeLine;
let uart: Uart;
let sent: number[];
const read = (offset: number): number => uart.ports.read(offset, 1);
const write = (offset: number, value: number): void => uart.ports.write(offset, 1, value);
const receive = (...bytes: number[]): void => uart.receive(Uint8Array.from(bytes));
const OUT2 = 8;

beforeEach(() => {
  clock = new ManualClock();
  irq = new ProbeLine();
  sent = [];
  uart = new Uart({ name: 'serial0', clock, irq, sink: (byte) => sent.push(byte) });
  write(4, OUT2);
});

describe('16550A', () => {
  test('sends in order and is empty again', () => {
    for (const byte of [1, 2, 3]) write(0, byte);
    expect(sent).toEqual([1, 2, 3]);
    expect(read(5)).toBe(0x60);
  });

  test('reaches the divisor through DLAB', () => {
    write(3, 0x83);
    write(0, 0x34);
    write(1, 0x12);
    expect([read(0), read(1)]).toEqual([0x34, 0x12]);
    write(3, 0x03);
    expect(read(1)).toBe(0);
    expect(sent).toEqual([]);
  });

  test('without FIFO holds one byte and lets the rest wait outside', () => {
    write(1, 1);
    receive(10, 11, 12);
    expect([irq.level, read(2), read(5) & 1]).toEqual([true, 4, 1]);
    expect([read(0), read(0), read(0)]).toEqual([10, 11, 12]);
    expect(irq.edges).toBe(3);
    expect([irq.level, read(5) & 1]).toEqual([false, 0]);
  });

  test('interrupts at the trigger level, and below it after four character times', () => {
    write(3, 0x83);
    write(0, 1);
    write(3, 0x03);
    write(2, 0x81);
    write(1, 1);
    receive(...Array(7).fill(7));
    expect(irq.level).toBe(false);
    // 115200 baud, ten bits a character, four characters.
    clock.advance(347_000);
    expect(irq.level).toBe(false);
    clock.advance(1_000);
    expect([irq.level, read(2)]).toEqual([true, 0xcc]);
    read(0);
    expect(irq.level).toBe(false);
    receive(8, 9);
    expect([irq.level, read(2)]).toEqual([true, 0xc4]);
  });

  test('raises THR empty when it is enabled and after each byte; reading IIR clears it', () => {
    write(1, 2);
    expect([irq.level, read(2), irq.level]).toEqual([true, 2, false]);
    write(0, 65);
    expect([irq.level, read(2), read(2)]).toEqual([true, 2, 1]);
  });

  test('reports the source of highest priority first', () => {
    write(1, 0x0f);
    write(4, OUT2 | 0x10);
    write(4, OUT2 | 0x12);
    write(4, OUT2);
    receive(1);
    expect(read(2)).toBe(4);
    read(0);
    expect(read(2)).toBe(2);
    expect(read(2)).toBe(0);
    // CTS and DSR have changed, carrier (wired to OUT2) has not.
    expect(read(6)).toBe(0xb3);
    expect(read(2)).toBe(1);
  });

  test('loops back data and modem lines without touching the wire', () => {
    write(4, 0x1f);
    write(0, 0x42);
    expect([read(5) & 1, read(0), sent]).toEqual([1, 0x42, []]);
    expect(read(6) >> 4).toBe(0xf);
    write(4, 0x15);
    expect(read(6) >> 4).toBe(0x6);
    expect(irq.level).toBe(false);
  });

  test('keeps the interrupt pin low without OUT2', () => {
    write(4, 0);
    write(1, 1);
    receive(1);
    expect([irq.level, read(2)]).toEqual([false, 4]);
  });

  test('clears its FIFO on command', () => {
    write(2, 1);
    receive(1, 2, 3);
    write(2, 3);
    expect(read(5) & 1).toBe(0);
  });
});
