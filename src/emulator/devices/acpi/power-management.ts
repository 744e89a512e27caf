/**
 * ACPI fixed hardware (ACPI 6.4, 4.8): PM1a event and control blocks, the power-management timer, soft-off, and the
 * reset register at CF9h (named by the FADT; 82371AB data sheet).
 *
 * The machine is in ACPI mode from power-on: there is no SMI command port. No general-purpose events, no sleep but S5.
 */
import type { Clock, Device, Line, Window } from '../device.js';
import { createState, defineState, resetState, u8, u16 } from '../state/state-schema.js';
import { ticksAt } from '../ticks.js';

export const PM_TIMER_HERTZ = 3_579_545;
/** SLP_TYP of the DSDT's \_S5 object. */
export const SLEEP_TYPE_S5 = 5;
/** Value of the FADT's RESET_VALUE: full reset. */
export const RESET_VALUE = 6;

const SCHEMA = defineState(1, { status: u16(), enable: u16(), control: u16(1), resetControl: u8() });

/** Offsets in the block of 12 ports. */
export const PM_OFFSETS = { event: 0, control: 4, timer: 8 } as const;

const POWER_BUTTON = 0x100;
const STATUS_BITS = 0x8d31;
const ENABLE_BITS = 0x0721;
const SLEEP_ENABLE = 0x2000;
/** SCI_EN reads as 1 for ever. */
const SCI_ENABLED = 1;
const TIMER_MASK = 0xff_ffff;

export interface PowerWiring {
  readonly clock: Clock;
  /** The system control interrupt, level-triggered. */
  readonly irq: Line;
  readonly powerOff: () => void;
  readonly reset: () => void;
}

export class PowerManagement implements Device {
  readonly name = 'acpi-pm';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly ports: Window;
  /** Port CF9h. */
  readonly resetPort: Window;
  readonly #wiring: PowerWiring;

  constructor(wiring: PowerWiring) {
    this.#wiring = wiring;
    this.ports = {
      width: 4,
      read: (offset, size) => this.#read(offset, size),
      write: (offset, size, value) => this.#write(offset, size, value),
    };
    this.resetPort = {
      width: 1,
      read: () => this.state.resetControl,
      write: (_offset, _size, value) => {
        // Bit 2 going up resets; bit 1 says whether the whole system.
        const rises = (value & ~this.state.resetControl & 4) !== 0;
        this.state.resetControl = value & 0x0e;
        if (rises) wiring.reset();
      },
    };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
    this.#update();
  }

  /** Somebody presses the power button. */
  pressPowerButton(): void {
    this.state.status |= POWER_BUTTON;
    this.#update();
  }

  #timer(): number {
    return ticksAt(this.#wiring.clock.now, PM_TIMER_HERTZ) & TIMER_MASK;
  }

  /** All twelve bytes as two-byte registers; reads of any size and offset are cut from them. */
  #register(offset: number): number {
    if (offset === PM_OFFSETS.event) return this.state.status;
    if (offset === PM_OFFSETS.event + 2) return this.state.enable;
    if (offset === PM_OFFSETS.control) return this.state.control;
    if (offset === PM_OFFSETS.timer) return this.#timer() & 0xffff;
    if (offset === PM_OFFSETS.timer + 2) return this.#timer() >>> 16;
    return 0;
  }

  #read(offset: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) {
      const at = offset + i;
      const byte = (this.#register(at & ~1) >> ((at & 1) * 8)) & 0xff;
      value |= byte << (i * 8);
    }
    return value >>> 0;
  }

  #write(offset: number, size: number, value: number): void {
    // Writes are merged into whole registers; bytes that are not written keep their value (status: clear nothing).
    for (let i = 0; i < size; i += 2 - ((offset + i) & 1)) {
      const at = offset + i;
      const odd = at & 1;
      const bytes = Math.min(size - i, 2 - odd);
      const mask = (bytes === 2 ? 0xffff : 0xff) << (odd * 8);
      this.#writeRegister(at & ~1, ((value >>> (i * 8)) << (odd * 8)) & mask, mask);
    }
  }

  #writeRegister(offset: number, value: number, mask: number): void {
    const { state } = this;
    if (offset === PM_OFFSETS.event) state.status &= ~(value & STATUS_BITS);
    else if (offset === PM_OFFSETS.event + 2) state.enable = ((state.enable & ~mask) | value) & ENABLE_BITS;
    else if (offset === PM_OFFSETS.control) this.#control((state.control & ~mask) | value);
    this.#update();
  }

  #control(value: number): void {
    // SLP_EN is write-only.
    this.state.control = (value & ~SLEEP_ENABLE) | SCI_ENABLED;
    if ((value & SLEEP_ENABLE) !== 0 && ((value >> 10) & 7) === SLEEP_TYPE_S5) this.#wiring.powerOff();
  }

  #update(): void {
    this.#wiring.irq.set((this.state.status & this.state.enable) !== 0);
  }
}
