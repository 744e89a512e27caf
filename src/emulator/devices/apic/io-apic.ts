/**
 * The 82093AA I/O APIC (Intel order 290566): 24 pins, a redirection entry each, messages to the local APIC.
 *
 * Pins are driven with logical levels (asserted or not): the polarity bit is stored and has no effect.
 */
import type { Device, Window } from '../device.js';
import { createState, defineState, list, resetState, u8, u32 } from '../state/state-schema.js';

export const IO_APIC_PINS = 24;

const MASKED = 0x1_0000;
const LEVEL = 0x8000;
const REMOTE_IRR = 0x4000;
const WRITABLE = 0x1_afff;

const SCHEMA = defineState(1, {
  index: u8(),
  id: u8(),
  /** Bit n: pin n is asserted. */
  pins: u32(),
  redirections: list(IO_APIC_PINS, { low: u32(MASKED), high: u32() }),
});

export interface InterruptMessage {
  readonly vector: number;
  /** Delivery mode (82093AA, "IOREDTBL"). */
  readonly mode: number;
  readonly level: boolean;
  readonly destination: number;
  readonly logical: boolean;
}

/** Version 11h, 24 entries. */
const VERSION = 0x11 | ((IO_APIC_PINS - 1) << 16);

export class IoApic implements Device {
  readonly name = 'io-apic';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** IOREGSEL at 0, IOWIN at 10h. */
  readonly registers: Window;
  readonly #send: (message: InterruptMessage) => boolean;

  /** `send` says whether a processor took the message. */
  constructor(send: (message: InterruptMessage) => boolean) {
    this.#send = send;
    this.registers = {
      width: 4,
      read: (offset) => {
        if (offset === 0) return this.state.index;
        return offset === 0x10 ? this.#read(this.state.index) : 0;
      },
      write: (offset, _size, value) => {
        if (offset === 0) this.state.index = value & 0xff;
        else if (offset === 0x10) this.#write(this.state.index, value);
      },
    };
  }

  reset(): void {
    const { pins } = this.state;
    resetState(SCHEMA, this.state);
    this.state.pins = pins;
  }

  setPin(pin: number, level: boolean): void {
    const bit = 1 << pin;
    const was = (this.state.pins & bit) !== 0;
    if (was === level) return;
    this.state.pins = (level ? this.state.pins | bit : this.state.pins & ~bit) >>> 0;
    if (level) this.#service(pin, true);
  }

  /** The local APIC ended a level-triggered interrupt: a pin still asserted sends again. */
  endOfInterrupt(vector: number): void {
    for (const [pin, entry] of this.state.redirections.entries()) {
      if ((entry.low & LEVEL) === 0 || (entry.low & 0xff) !== vector) continue;
      entry.low &= ~REMOTE_IRR;
      this.#service(pin, false);
    }
  }

  #service(pin: number, edge: boolean): void {
    const entry = this.state.redirections[pin];
    if (entry === undefined || (entry.low & MASKED) !== 0) return;
    const level = (entry.low & LEVEL) !== 0;
    if (level && ((entry.low & REMOTE_IRR) !== 0 || (this.state.pins & (1 << pin)) === 0)) return;
    if (!level && !edge) return;
    const taken = this.#send({
      vector: entry.low & 0xff,
      mode: (entry.low >> 8) & 7,
      level,
      destination: entry.high >>> 24,
      logical: (entry.low & 0x800) !== 0,
    });
    if (level && taken) entry.low |= REMOTE_IRR;
  }

  #read(index: number): number {
    if (index === 0 || index === 2) return this.state.id << 24;
    if (index === 1) return VERSION;
    const entry = this.state.redirections[(index - 0x10) >> 1];
    if (index < 0x10 || entry === undefined) return 0;
    return (index & 1) !== 0 ? entry.high : entry.low;
  }

  #write(index: number, value: number): void {
    if (index === 0) this.state.id = (value >>> 24) & 0xf;
    const pin = (index - 0x10) >> 1;
    const entry = this.state.redirections[pin];
    if (index < 0x10 || entry === undefined) return;
    if ((index & 1) !== 0) {
      entry.high = (value & 0xff00_0000) >>> 0;
      return;
    }
    // Remote IRR is read-only, and gone when the pin becomes edge-triggered.
    const kept = (value & LEVEL) !== 0 ? entry.low & REMOTE_IRR : 0;
    entry.low = (value & WRITABLE) | kept;
    this.#service(pin, false);
  }
}
