/** The keyboard controller by its command set: what Linux's i8042 driver and firmware ask of it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { I8042 } from '../../../src/emulator/devices/i8042/i8042.js';
import { ProbeLine } from './manual-clock.js';

let irq: ProbeLine;
let resets: number;
let controller: I8042;
const status = (): number => controller.commandPort.read(0, 1);
const command = (value: number): void => controller.commandPort.write(0, 1, value);
const data = (value: number): void => controller.dataPort.write(0, 1, value);
const drain = (): number[] => {
  const bytes: number[] = [];
  while ((status() & 1) !== 0 && bytes.length < 300) bytes.push(controller.dataPort.read(0, 1));
  return bytes;
};

beforeEach(() => {
  irq = new ProbeLine();
  resets = 0;
  controller = new I8042(irq, () => resets++);
});

describe('i8042', () => {
  test('passes its self test and the keyboard interface test', () => {
    command(0xaa);
    expect(drain()).toEqual([0x55]);
    command(0xab);
    expect(drain()).toEqual([0]);
  });

  test('reads back the command byte that was written', () => {
    command(0x60);
    data(0x74);
    command(0x20);
    expect(drain()).toEqual([0x74]);
  });

  test('says whether the last write was a command', () => {
    command(0x20);
    expect(status() & 8).toBe(8);
    data(0xee);
    expect(status() & 8).toBe(0);
  });

  test.each([
    ['reset', [0xff], [0xfa, 0xaa]],
    ['identify', [0xf2], [0xfa, 0xab, 0x83]],
    ['LEDs', [0xed, 0x02], [0xfa, 0xfa]],
    ['scan code set', [0xf0, 0x00], [0xfa, 0xfa, 0x02]],
    ['rate', [0xf3, 0x00], [0xfa, 0xfa]],
    ['echo', [0xee], [0xee]],
    ['unknown', [0xe1], [0xfe]],
  ])('the keyboard answers to %s', (_name, bytes, answer) => {
    for (const byte of bytes) data(byte);
    expect(drain()).toEqual(answer);
  });

  test('interrupts once a byte', () => {
    data(0xf2);
    expect([irq.level, irq.edges]).toEqual([true, 1]);
    drain();
    expect([irq.level, irq.edges]).toEqual([false, 3]);
  });

  test('types only while the keyboard scans and is on', () => {
    controller.type(Uint8Array.of(0x1e, 0x9e));
    expect(drain()).toEqual([0x1e, 0x9e]);
    data(0xf5);
    drain();
    controller.type(Uint8Array.of(0x1e));
    expect(drain()).toEqual([]);
    data(0xf4);
    drain();
    command(0xad);
    controller.type(Uint8Array.of(0x1e));
    expect(drain()).toEqual([]);
  });

  test('resets the machine by pulse and by the output port', () => {
    command(0xfe);
    command(0xff);
    expect(resets).toBe(1);
    command(0xd1);
    data(0xde);
    expect(resets).toBe(2);
  });

  test('answers for an absent mouse as a dead line', () => {
    command(0xa9);
    expect(drain()).toEqual([1]);
  });
});
