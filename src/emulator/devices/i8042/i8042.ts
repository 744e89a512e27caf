/**
 * The keyboard controller at 60h/64h (IBM PS/2 hardware reference; 8042 command set): self test, keyboard on IRQ 1,
 * reset pulse, output port with the A20 bit.
 *
 * There is no mouse: the auxiliary interface answers as one with nothing plugged in. A20 is remembered and has no
 * effect, since no guest that we boot wraps addresses at 1 MiB. Translation to set 1 is the input's business.
 */
import type { Device, Line, Window } from '../device.js';
import { createState, defineState, flag, group, queue, resetState, u8 } from '../state/state-schema.js';
import { KEYBOARD_FIELDS, keyboardCommand } from './keyboard.js';

const OUTPUT_BYTES = 256;
const RAM_BYTES = 32;

const SCHEMA = defineState(1, {
  /** Command byte: bit 0 IRQ 1, 1 IRQ 12, 2 system flag, 4 keyboard off, 5 aux off, 6 translate. */
  config: u8(0x45),
  outputPort: u8(0xdf),
  /** The controller command whose argument comes next on port 60h, 0 for none. */
  awaitsArgumentOf: u8(),
  lastWasCommand: flag(),
  output: queue(OUTPUT_BYTES),
  keyboard: group(KEYBOARD_FIELDS),
});

const STATUS = { full: 1, system: 4, command: 8, unlocked: 0x10 } as const;
const CONFIG = { interrupt: 1, keyboardOff: 0x10, auxOff: 0x20 } as const;

export class I8042 implements Device {
  readonly name = 'i8042';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** Offset 0 is port 60h. */
  readonly dataPort: Window;
  /** Offset 0 is port 64h. */
  readonly commandPort: Window;
  readonly #irq: Line;
  readonly #resetMachine: () => void;

  constructor(irq: Line, resetMachine: () => void) {
    this.#irq = irq;
    this.#resetMachine = resetMachine;
    this.dataPort = {
      width: 1,
      read: () => this.#readData(),
      write: (_offset, _size, value) => this.#writeData(value),
    };
    this.commandPort = {
      width: 1,
      read: () => this.#status(),
      write: (_offset, _size, value) => this.#command(value),
    };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
    this.#update();
  }

  /** Scan codes from outside, as the guest shall read them at port 60h. Dropped while the keyboard is off or full. */
  type(scanCodes: Uint8Array): void {
    const { config, keyboard } = this.state;
    if ((config & CONFIG.keyboardOff) !== 0 || !keyboard.scanning) return;
    this.#queue(scanCodes);
  }

  #queue(values: Iterable<number>): void {
    for (const value of values) if (this.state.output.length < OUTPUT_BYTES) this.state.output.push(value);
    this.#update();
  }

  #status(): number {
    const { output, config, lastWasCommand } = this.state;
    return (
      (output.length > 0 ? STATUS.full : 0) |
      (config & STATUS.system) |
      (lastWasCommand ? STATUS.command : 0) |
      STATUS.unlocked
    );
  }

  /** IRQ 1 falls with each byte taken, so that the next one makes an edge. */
  #readData(): number {
    const value = this.state.output.shift() ?? 0;
    this.#irq.set(false);
    this.#update();
    return value;
  }

  #writeData(value: number): void {
    const { state } = this;
    state.lastWasCommand = false;
    const command = state.awaitsArgumentOf;
    state.awaitsArgumentOf = 0;
    if (command === 0) {
      state.config &= ~CONFIG.keyboardOff;
      this.#queue(keyboardCommand(state.keyboard, value));
    } else if (command === 0x60) {
      state.config = value;
      this.#update();
    } else if (command === 0xd1) {
      state.outputPort = value;
      if ((value & 1) === 0) this.#resetMachine();
    } else if (command === 0xd2) {
      this.#queue([value]);
    }
    // D3h and D4h talk to the absent mouse, 61h-7Fh to controller RAM that nobody reads.
  }

  #command(value: number): void {
    const { state } = this;
    state.lastWasCommand = true;
    state.awaitsArgumentOf = 0;
    if (value >= 0x20 && value < 0x20 + RAM_BYTES) {
      this.#queue([value === 0x20 ? state.config : 0]);
    } else if ((value >= 0x60 && value < 0x60 + RAM_BYTES) || (value >= 0xd1 && value <= 0xd4)) {
      state.awaitsArgumentOf = value;
    } else if (value >= 0xf0) {
      // Pulses the output bits that are 0 in the low nibble; bit 0 is the processor's reset.
      if ((value & 1) === 0) this.#resetMachine();
    } else {
      this.#simpleCommand(value);
    }
  }

  #simpleCommand(value: number): void {
    const { state } = this;
    switch (value) {
      case 0xa7:
        state.config |= CONFIG.auxOff;
        return;
      case 0xa8:
        state.config &= ~CONFIG.auxOff;
        return;
      case 0xa9:
        // Interface test: clock line stuck low, the answer of a port with nothing behind it.
        this.#queue([1]);
        return;
      case 0xaa:
        state.config |= STATUS.system;
        this.#queue([0x55]);
        return;
      case 0xab:
        this.#queue([0]);
        return;
      case 0xad:
        state.config |= CONFIG.keyboardOff;
        return;
      case 0xae:
        state.config &= ~CONFIG.keyboardOff;
        return;
      case 0xc0:
        // Input port: keyboard not locked, no manufacturing jumper.
        this.#queue([0xb0]);
        return;
      case 0xd0:
        this.#queue([(state.outputPort & ~0x10) | (state.output.length > 0 ? 0x10 : 0)]);
        return;
      default:
        return;
    }
  }

  #update(): void {
    const { output, config } = this.state;
    this.#irq.set(output.length > 0 && (config & CONFIG.interrupt) !== 0);
  }
}
