/**
 * The 8254 timer at 40h and its system control port 61h: channel 0 is IRQ 0, channel 2 drives the speaker and is
 * gated and read through port 61h (IBM PC/AT technical reference, "System control port B").
 */
import type { Clock, Device, Line, Window } from '../device.js';
import { createState, defineState, flag, list, resetState } from '../state/state-schema.js';
import { ticksAt } from '../ticks.js';
import { PIT_CHANNEL_FIELDS, PIT_HERTZ, PitChannel } from './pit-channel.js';

const SCHEMA = defineState(1, { channels: list(3, PIT_CHANNEL_FIELDS), speaker: flag() });

/** DRAM refresh toggles bit 4 of port 61h every 18 PIT clocks (15.085 us). */
const REFRESH_CLOCKS = 18;

export class Pit implements Device {
  readonly name = 'pit';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly ports: Window;
  readonly controlPort: Window;
  readonly #channels: readonly PitChannel[];
  readonly #clock: Clock;

  /** `irq`: the OUT pin of channel 0; it is pulsed at each rising edge and stays high. */
  constructor(clock: Clock, irq: Line) {
    this.#clock = clock;
    const tick = {
      name: 'pit.0',
      call: () => {
        irq.set(false);
        irq.set(true);
      },
    };
    this.#channels = this.state.channels.map(
      (channel, index) => new PitChannel(channel, clock, index === 0 ? tick : undefined),
    );
    this.#wireGates();
    this.ports = {
      width: 1,
      read: (offset) => this.#channels[offset]?.read() ?? 0xff,
      write: (offset, _size, value) => {
        if (offset === 3) this.#control(value);
        else this.#channels[offset]?.write(value);
      },
    };
    this.controlPort = {
      width: 1,
      read: () => this.#readControl(),
      write: (_offset, _size, value) => {
        this.state.speaker = (value & 2) !== 0;
        this.#channels[2]?.setGate((value & 1) !== 0);
      },
    };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
    this.#wireGates();
    for (const channel of this.#channels) channel.control(0x30);
  }

  /** The gates of channels 0 and 1 are tied high. */
  #wireGates(): void {
    for (const channel of this.state.channels.slice(0, 2)) channel.gate = true;
  }

  #control(value: number): void {
    const select = value >> 6;
    if (select === 3) {
      // Read-back command: bit 5 low latches counts, bit 4 low latches status, bits 1-3 choose channels.
      this.#channels.forEach((channel, index) => {
        if ((value & (2 << index)) === 0) return;
        if ((value & 0x20) === 0) channel.latchCount();
        if ((value & 0x10) === 0) channel.latchStatus();
      });
      return;
    }
    const channel = this.#channels[select];
    if (((value >> 4) & 3) === 0) channel?.latchCount();
    else channel?.control(value);
  }

  #readControl(): number {
    const refresh = Math.floor(ticksAt(this.#clock.now, PIT_HERTZ) / REFRESH_CLOCKS) & 1;
    const out = this.#channels[2]?.out ? 0x20 : 0;
    return (this.state.channels[2]?.gate ? 1 : 0) | (this.state.speaker ? 2 : 0) | (refresh << 4) | out;
  }
}
