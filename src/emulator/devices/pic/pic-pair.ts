/**
 * The PC's two 8259As: master at 20h, slave at A0h behind the master's pin 2, trigger modes at 4D0h. Sixteen inputs,
 * one output to the processor (through the local APIC's LINT0 where that is on).
 */
import type { Device, Line, Window } from '../device.js';
import { createState, defineState, group, resetState } from '../state/state-schema.js';
import { PIC_FIELDS, Pic } from './pic.js';

const SCHEMA = defineState(1, { master: group(PIC_FIELDS), slave: group(PIC_FIELDS) });
const CASCADE_PIN = 2;

export class PicPair implements Device {
  readonly name = 'pic';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** Two ports a chip: command and data. */
  readonly master: Window;
  readonly slave: Window;
  /** Edge/level control, one port a chip. */
  readonly triggerModes: Window;
  readonly #chips: readonly [Pic, Pic];
  readonly #output: Line;

  constructor(output: Line) {
    this.#output = output;
    // IRQ 0, 1, 2, 8 and 13 are edge-triggered by wiring (82371AB, ELCR1/ELCR2).
    this.#chips = [
      new Pic(this.state.master, { cascade: 1 << CASCADE_PIN, elcrMask: 0xf8, changed: () => this.#changed() }),
      new Pic(this.state.slave, { cascade: 0, elcrMask: 0xde, changed: () => this.#slaveChanged() }),
    ];
    const window = (chip: 0 | 1): Window => ({
      width: 1,
      read: (offset) => this.#chips[chip].read(offset),
      write: (offset, _size, value) => this.#chips[chip].write(offset, value),
    });
    this.master = window(0);
    this.slave = window(1);
    this.triggerModes = {
      width: 1,
      read: (offset) => this.#chip(offset).readTriggerMode(),
      write: (offset, _size, value) => this.#chip(offset).writeTriggerMode(value),
    };
  }

  /** Drives interrupt request `irq`, 0-15. Pin 2 is the cascade and takes no device. */
  setPin(irq: number, level: boolean): void {
    this.#chip(irq >> 3).setPin(irq & 7, level);
  }

  get requesting(): boolean {
    return this.#chips[0].requesting;
  }

  /** The vector for the processor; a spurious request gives pin 7's of the chip that lost it. */
  acknowledge(): number {
    const [master, slave] = this.#chips;
    const pin = master.acknowledge();
    return pin === CASCADE_PIN ? slave.vector(slave.acknowledge()) : master.vector(pin);
  }

  reset(): void {
    resetState(SCHEMA, this.state);
    this.#changed();
  }

  restored(): void {
    this.#changed();
  }

  #chip(index: number): Pic {
    return this.#chips[index as 0 | 1];
  }

  #slaveChanged(): void {
    const [master, slave] = this.#chips;
    master.setPin(CASCADE_PIN, slave.requesting);
    this.#changed();
  }

  #changed(): void {
    this.#output.set(this.#chips[0].requesting);
  }
}
