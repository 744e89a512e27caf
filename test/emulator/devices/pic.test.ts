/** The 8259A pair against its data sheet (Intel 231468): initialisation, priorities, EOI, cascade, spurious, modes. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PicPair } from '../../../src/emulator/devices/pic/pic-pair.js';
import { ProbeLine } from './manual-clock.js';

let output: ProbeLine;
let pic: PicPair;
const command = (chip: 'master' | 'slave', value: number): void => pic[chip].write(0, 1, value);
const data = (chip: 'master' | 'slave', value: number): void => pic[chip].write(1, 1, value);
const END = 0x20;

/** As a PC's firmware does: vectors 20h and 28h, cascade on pin 2, 8086 mode, nothing masked. */
function initialise(icw4 = 1): void {
  for (const [chip, vector, cascade] of [
    ['master', 0x20, 4],
    ['slave', 0x28, 2],
  ] as const) {
    command(chip, 0x11);
    for (const value of [vector, cascade, icw4, 0]) data(chip, value);
  }
}

beforeEach(() => {
  output = new ProbeLine();
  pic = new PicPair(output);
  initialise();
});

describe('8259A pair', () => {
  test('serves by fixed priority and holds back equal and lower requests until the end of interrupt', () => {
    pic.setPin(5, true);
    pic.setPin(3, true);
    expect(pic.acknowledge()).toBe(0x23);
    expect(output.level).toBe(false);
    pic.setPin(1, true);
    expect(output.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x21);
    command('master', END);
    expect(output.level).toBe(false);
    command('master', END);
    expect(pic.acknowledge()).toBe(0x25);
  });

  test('delivers the slave through pin 2 and needs two ends of interrupt', () => {
    pic.setPin(12, true);
    expect(pic.acknowledge()).toBe(0x2c);
    pic.setPin(14, true);
    pic.setPin(5, true);
    expect(output.level).toBe(false);
    command('slave', END);
    command('master', END);
    expect(pic.acknowledge()).toBe(0x2e);
  });

  test('answers a withdrawn request with pin 7 and no in-service bit', () => {
    pic.triggerModes.write(0, 1, 0x10);
    pic.setPin(4, true);
    pic.setPin(4, false);
    expect(output.level).toBe(false);
    expect(pic.acknowledge()).toBe(0x27);
    command('master', 0x0b);
    expect(pic.master.read(0, 1)).toBe(0);
  });

  test('keeps an edge-triggered request whose pin has fallen', () => {
    pic.setPin(11, true);
    pic.setPin(11, false);
    expect(output.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x2b);
    expect(output.level).toBe(false);
  });

  test('keeps a level-triggered request while the pin is high', () => {
    pic.triggerModes.write(1, 1, 0x0c);
    pic.setPin(11, true);
    expect(pic.acknowledge()).toBe(0x2b);
    command('slave', END);
    command('master', END);
    expect(output.level).toBe(true);
    expect(pic.acknowledge()).toBe(0x2b);
    pic.setPin(11, false);
    command('slave', END);
    command('master', END);
    expect(output.level).toBe(false);
  });

  test('does not let the wired edge pins become level-triggered', () => {
    pic.triggerModes.write(0, 1, 0xff);
    pic.triggerModes.write(1, 1, 0xff);
    expect([pic.triggerModes.read(0, 1), pic.triggerModes.read(1, 1)]).toEqual([0xf8, 0xde]);
  });

  test('reads IRR, ISR and the mask by OCW3', () => {
    data('master', 0x40);
    pic.setPin(6, true);
    pic.setPin(0, true);
    pic.acknowledge();
    command('master', 0x0a);
    expect(pic.master.read(0, 1)).toBe(0x40);
    command('master', 0x0b);
    expect(pic.master.read(0, 1)).toBe(0x01);
    expect(pic.master.read(1, 1)).toBe(0x40);
  });

  test('rotates priority with the end of interrupt', () => {
    pic.setPin(3, true);
    pic.acknowledge();
    command('master', 0xa0);
    pic.setPin(3, false);
    pic.setPin(3, true);
    pic.setPin(4, true);
    expect(pic.acknowledge()).toBe(0x24);
  });

  test('ends a specific interrupt and ends automatically when told so', () => {
    pic.setPin(1, true);
    pic.setPin(0, true);
    pic.acknowledge();
    command('master', 0x60);
    expect(pic.acknowledge()).toBe(0x21);
    initialise(3);
    pic.setPin(1, false);
    pic.setPin(1, true);
    pic.acknowledge();
    command('master', 0x0b);
    expect(pic.master.read(0, 1)).toBe(0);
  });

  test('lets lower requests through in special mask mode', () => {
    pic.setPin(2 + 1, true);
    pic.acknowledge();
    command('master', 0x68);
    data('master', 0x08);
    pic.setPin(6, true);
    expect(pic.acknowledge()).toBe(0x26);
  });

  test('acknowledges by polling', () => {
    pic.setPin(6, true);
    command('master', 0x0c);
    expect(pic.master.read(0, 1)).toBe(0x86);
    command('master', 0x0c);
    expect(pic.master.read(0, 1)).toBe(0);
  });
});
