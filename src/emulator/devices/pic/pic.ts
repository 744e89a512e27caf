/**
 * One 8259A interrupt controller (Intel order 231468) as PCs wire it: 8086 mode, edge or level by the ELCR register
 * of the chip set (82371AB data sheet, 4D0h/4D1h). Two of them make the PC's pair, see pic-pair.ts.
 *
 * Not modelled: MCS-80 vectors and buffered mode, which have no effect on a PC.
 */
import { flag, type StateOf, u8 } from '../state/state-schema.js';

export const PIC_FIELDS = {
  /** Levels of the input pins. */
  pins: u8(),
  irr: u8(),
  isr: u8(),
  imr: u8(),
  /** 1 = level-triggered. */
  elcr: u8(),
  vectorBase: u8(),
  /** The pin of lowest priority; the next one has the highest. */
  lowest: u8(7),
  /** Which initialisation word comes next: 0 none, else 2, 3 or 4. */
  awaits: u8(),
  needsIcw4: flag(),
  single: flag(),
  autoEoi: flag(),
  rotateOnAutoEoi: flag(),
  specialMask: flag(),
  specialFullyNested: flag(),
  poll: flag(),
  readIsr: flag(),
} as const;

type PicState = StateOf<typeof PIC_FIELDS>;

const ICW1 = 0x10;
const OCW3 = 0x08;

export class Pic {
  readonly #state: PicState;
  readonly #cascade: number;
  readonly #elcrMask: number;
  readonly #changed: () => void;

  /** `cascade`: pins with a slave behind them; `elcrMask`: pins whose trigger mode can be chosen. */
  constructor(state: PicState, wiring: { cascade: number; elcrMask: number; changed: () => void }) {
    this.#state = state;
    this.#cascade = wiring.cascade;
    this.#elcrMask = wiring.elcrMask;
    this.#changed = wiring.changed;
  }

  /**
   * Drives an input. An edge-triggered request stands when its pin falls again, as in the chip sets that guests are
   * written for (and in KVM and QEMU); the data sheet's 8259A would forget it and answer with a spurious pin 7. A slave
   * that has nothing more to say does withdraw its request.
   */
  setPin(pin: number, level: boolean): void {
    const state = this.#state;
    const bit = 1 << pin;
    if (level === ((state.pins & bit) !== 0)) return;
    if (level) {
      state.pins |= bit;
      state.irr |= bit;
    } else {
      state.pins &= ~bit;
      state.irr &= ~(bit & (state.elcr | this.#cascade));
    }
    this.#changed();
  }

  /** The INT output. */
  get requesting(): boolean {
    return this.#candidate() >= 0;
  }

  /** The INTA cycle: the pin to be served; 7 without marking it when the request went away (spurious). */
  acknowledge(): number {
    const pin = this.#candidate();
    if (pin < 0) return 7;
    const state = this.#state;
    const bit = 1 << pin;
    if ((state.elcr & bit) === 0) state.irr &= ~bit;
    if (state.autoEoi) {
      if (state.rotateOnAutoEoi) state.lowest = pin;
    } else {
      state.isr |= bit;
    }
    this.#changed();
    return pin;
  }

  vector(pin: number): number {
    return this.#state.vectorBase | pin;
  }

  read(offset: number): number {
    const state = this.#state;
    if (state.poll) {
      state.poll = false;
      return this.requesting ? 0x80 | this.acknowledge() : 0;
    }
    if (offset === 1) return state.imr;
    return state.readIsr ? state.isr : state.irr;
  }

  write(offset: number, value: number): void {
    if (offset === 1) this.#writeData(value);
    else if ((value & ICW1) !== 0) this.#initialise(value);
    else if ((value & OCW3) !== 0) this.#writeOcw3(value);
    else this.#writeOcw2(value);
    this.#changed();
  }

  readTriggerMode(): number {
    return this.#state.elcr;
  }

  writeTriggerMode(value: number): void {
    const state = this.#state;
    state.elcr = value & this.#elcrMask;
    state.irr = (state.irr & ~state.elcr) | (state.pins & state.elcr);
    this.#changed();
  }

  /** The pin that would interrupt now, or -1. */
  #candidate(): number {
    const state = this.#state;
    const requests = state.irr & ~state.imr;
    if (requests === 0) return -1;
    // In special mask mode a masked pin in service does not hold back lower ones.
    const serving = state.specialMask ? state.isr & ~state.imr : state.isr;
    for (let i = 1; i <= 8; i++) {
      const pin = (state.lowest + i) & 7;
      const bit = 1 << pin;
      if ((requests & bit) !== 0) {
        if ((serving & bit) === 0) return pin;
        // Special fully nested: a master accepts further requests from the slave it is serving.
        if (state.specialFullyNested && (this.#cascade & bit) !== 0) return pin;
        if (!state.specialMask) return -1;
      } else if ((serving & bit) !== 0 && !state.specialMask) {
        return -1;
      }
    }
    return -1;
  }

  #initialise(value: number): void {
    const state = this.#state;
    state.imr = 0;
    state.isr = 0;
    state.irr = state.pins & state.elcr;
    state.lowest = 7;
    state.specialMask = false;
    state.specialFullyNested = false;
    state.autoEoi = false;
    state.rotateOnAutoEoi = false;
    state.poll = false;
    state.readIsr = false;
    state.needsIcw4 = (value & 1) !== 0;
    state.single = (value & 2) !== 0;
    state.awaits = 2;
  }

  #writeData(value: number): void {
    const state = this.#state;
    const last = state.needsIcw4 ? 4 : 0;
    switch (state.awaits) {
      case 2:
        state.vectorBase = value & 0xf8;
        state.awaits = state.single ? last : 3;
        return;
      case 3:
        state.awaits = last;
        return;
      case 4:
        state.specialFullyNested = (value & 0x10) !== 0;
        state.autoEoi = (value & 2) !== 0;
        state.awaits = 0;
        return;
      default:
        state.imr = value;
    }
  }

  #writeOcw3(value: number): void {
    const state = this.#state;
    if ((value & 4) !== 0) state.poll = true;
    if ((value & 2) !== 0) state.readIsr = (value & 1) !== 0;
    if ((value & 0x40) !== 0) state.specialMask = (value & 0x20) !== 0;
  }

  /** Data sheet, "OCW2": bit 7 rotate, 6 specific, 5 end of interrupt. */
  #writeOcw2(value: number): void {
    const state = this.#state;
    const rotate = (value & 0x80) !== 0;
    const specific = (value & 0x40) !== 0;
    const end = (value & 0x20) !== 0;
    if (!end) {
      if (specific && rotate) state.lowest = value & 7;
      if (!specific) state.rotateOnAutoEoi = rotate;
      return;
    }
    const pin = specific ? value & 7 : this.#highestInService();
    if (pin < 0) return;
    state.isr &= ~(1 << pin);
    if (rotate) state.lowest = pin;
  }

  #highestInService(): number {
    const { isr, imr, lowest, specialMask } = this.#state;
    const serving = specialMask ? isr & ~imr : isr;
    for (let i = 1; i <= 8; i++) {
      const pin = (lowest + i) & 7;
      if ((serving & (1 << pin)) !== 0) return pin;
    }
    return -1;
  }
}
