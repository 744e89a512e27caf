/**
 * One counter of the 8254 (Intel order 231164): six modes, binary and BCD, latches, read-back. The count is never
 * stepped: it follows from the guest time at which it was loaded.
 *
 * Simplified: a load takes effect at once instead of at the next clock edge, and the low phases of modes 2, 4 and 5
 * (one clock) are not seen by readers of OUT that look between.
 */
import type { Clock, Timer } from '../device.js';
import { count, flag, type StateOf, u8, u16 } from '../state/state-schema.js';
import { instantOfTick, ticksAt } from '../ticks.js';

/** 14.31818 MHz / 12. */
export const PIT_HERTZ = 1_193_182;

export const PIT_CHANNEL_FIELDS = {
  mode: u8(),
  bcd: flag(),
  /** 1 low byte, 2 high byte, 3 low then high. */
  access: u8(3),
  /** Reload value in clocks, 1-65536 (10000 in BCD). */
  reload: count(0x10000),
  /** The tick at which the count was loaded or last triggered. */
  loadedAt: count(),
  /** Clocks that had passed when the gate went low, while it is low. */
  paused: count(),
  gate: flag(),
  /** No count has been loaded since the mode was set: OUT rests and nothing runs. */
  idle: flag(true),
  writeHigh: flag(),
  pendingLow: u8(),
  readHigh: flag(),
  latched: flag(),
  latch: u16(),
  statusLatched: flag(),
  statusLatch: u8(),
} as const;

type ChannelState = StateOf<typeof PIT_CHANNEL_FIELDS>;

export class PitChannel {
  readonly #clock: Clock;
  readonly #timer: Timer | undefined;
  readonly #state: ChannelState;

  /** `rising` is called at each rising edge of OUT; channels that nobody listens to set no timer. */
  constructor(state: ChannelState, clock: Clock, rising?: { readonly name: string; call(): void }) {
    this.#state = state;
    this.#clock = clock;
    this.#timer =
      rising &&
      clock.timer(rising.name, () => {
        rising.call();
        this.#arm(ticksAt(this.#clock.now, PIT_HERTZ));
      });
  }

  control(value: number): void {
    const state = this.#state;
    const mode = (value >> 1) & 7;
    state.access = (value >> 4) & 3;
    // Modes 6 and 7 are 2 and 3 with the upper bit ignored.
    state.mode = mode > 5 ? mode & 3 : mode;
    state.bcd = (value & 1) !== 0;
    state.idle = true;
    state.writeHigh = false;
    state.readHigh = false;
    state.latched = false;
    state.statusLatched = false;
    this.#timer?.set(Number.POSITIVE_INFINITY);
  }

  latchCount(): void {
    const state = this.#state;
    if (state.latched) return;
    state.latch = this.#encoded();
    state.latched = true;
  }

  latchStatus(): void {
    const state = this.#state;
    if (state.statusLatched) return;
    state.statusLatch =
      (this.out ? 0x80 : 0) | (state.idle ? 0x40 : 0) | (state.access << 4) | (state.mode << 1) | (state.bcd ? 1 : 0);
    state.statusLatched = true;
  }

  write(value: number): void {
    const state = this.#state;
    if (state.access === 3) {
      state.writeHigh = !state.writeHigh;
      if (state.writeHigh) {
        state.pendingLow = value;
        // Writing the first byte stops counting in mode 0 (data sheet, "Mode 0").
        if (state.mode === 0) {
          state.idle = true;
          this.#timer?.set(Number.POSITIVE_INFINITY);
        }
        return;
      }
      this.#load(state.pendingLow | (value << 8));
    } else {
      this.#load(state.access === 2 ? value << 8 : value);
    }
  }

  read(): number {
    const state = this.#state;
    if (state.statusLatched) {
      state.statusLatched = false;
      return state.statusLatch;
    }
    const value = state.latched ? state.latch : this.#encoded();
    if (state.access !== 3) {
      state.latched = false;
      return state.access === 2 ? value >> 8 : value & 0xff;
    }
    state.readHigh = !state.readHigh;
    if (state.readHigh) return value & 0xff;
    state.latched = false;
    return value >> 8;
  }

  /** The GATE input: level in modes 0, 2, 3 and 4; its rising edge triggers in 1, 2, 3 and 5. */
  setGate(level: boolean): void {
    const state = this.#state;
    if (level === state.gate) return;
    const tick = ticksAt(this.#clock.now, PIT_HERTZ);
    state.gate = level;
    const pauses = state.mode === 0 || state.mode === 4;
    if (!level) {
      if (pauses) state.paused = tick - state.loadedAt;
      if (state.mode !== 1 && state.mode !== 5) this.#timer?.set(Number.POSITIVE_INFINITY);
      return;
    }
    state.loadedAt = pauses ? tick - state.paused : tick;
    this.#arm(tick);
  }

  /** The OUT pin. */
  get out(): boolean {
    const state = this.#state;
    if (state.idle) return state.mode !== 0;
    const elapsed = this.#elapsed();
    switch (state.mode) {
      case 0:
        return elapsed >= state.reload;
      case 1:
        return !this.#triggered || elapsed >= state.reload;
      case 2:
        return !state.gate || elapsed % state.reload !== state.reload - 1;
      case 3:
        return !state.gate || elapsed % state.reload < Math.ceil(state.reload / 2);
      default:
        return elapsed !== state.reload;
    }
  }

  #load(value: number): void {
    const state = this.#state;
    const clocks = state.bcd ? fromBcd(value) : value;
    const tick = ticksAt(this.#clock.now, PIT_HERTZ);
    const periodic = state.mode === 2 || state.mode === 3;
    state.reload = clocks === 0 ? (state.bcd ? 10_000 : 0x10000) : clocks;
    // A count of 1 is illegal in modes 2 and 3 (data sheet); taken as 2 so that time goes on.
    if (periodic && state.reload === 1) state.reload = 2;
    state.idle = false;
    state.loadedAt = tick;
    state.paused = 0;
    this.#arm(tick);
  }

  /** Sets the timer to the next rising edge of OUT after `tick`. */
  #arm(tick: number): void {
    const { mode, reload, loadedAt, gate, idle } = this.#state;
    if (this.#timer === undefined) return;
    const elapsed = tick - loadedAt;
    const runs = !idle && (gate || mode === 1 || mode === 5);
    let next = Number.POSITIVE_INFINITY;
    if (runs) {
      if (mode === 2 || mode === 3) next = loadedAt + (Math.floor(elapsed / reload) + 1) * reload;
      else if (elapsed < reload) next = loadedAt + reload;
    }
    this.#timer.set(next === Number.POSITIVE_INFINITY ? next : instantOfTick(next, PIT_HERTZ));
  }

  /** Modes 1 and 5 count from a trigger on; on a PC the gate of the channels that matter is the only trigger. */
  get #triggered(): boolean {
    return this.#state.gate;
  }

  #elapsed(): number {
    const { mode, gate, paused, loadedAt } = this.#state;
    if (!gate && (mode === 0 || mode === 4)) return paused;
    return ticksAt(this.#clock.now, PIT_HERTZ) - loadedAt;
  }

  /** The counting element as the processor reads it: counts down, wraps, in steps of two in mode 3. */
  #encoded(): number {
    const { mode, reload, bcd, gate, idle } = this.#state;
    const modulus = bcd ? 10_000 : 0x10000;
    const elapsed = idle ? 0 : this.#elapsed();
    let value: number;
    if (mode === 2) value = gate ? reload - (elapsed % reload) : reload;
    else if (mode === 3) value = gate ? evenDown(reload, elapsed % reload) : reload;
    else value = (((reload - elapsed) % modulus) + modulus) % modulus;
    value %= modulus;
    return bcd ? toBcd(value) : value;
  }
}

/** Mode 3 counts down by two, twice a period. */
function evenDown(reload: number, phase: number): number {
  const half = Math.ceil(reload / 2);
  const even = reload & ~1;
  return even - 2 * (phase < half ? phase : phase - half);
}

function fromBcd(value: number): number {
  return ((value >> 12) & 15) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  const digit = (place: number): number => Math.floor(value / place) % 10;
  return (digit(1000) << 12) | (digit(100) << 8) | (digit(10) << 4) | digit(1);
}
