/**
 * The local APIC's timer (SDM volume 3, 11.5.4): one-shot, periodic and TSC-deadline. Counts are computed from the clock
 * when they are read; only expiry is an event. Its registers' addresses and the interrupt are local-apic.ts's.
 */
import type { Clock, Timer } from '../device.js';

/** Modes, as bits 18-17 of the timer's LVT entry have them. */
export const TIMER_MODE = { oneShot: 0, periodic: 1, deadline: 2 } as const;

/** The timer's clock before its divider. */
const APIC_TIMER_HERTZ = 1_000_000_000;

/** What of the local APIC's state is the timer's. */
export interface TimerState {
  initialCount: number;
  divide: number;
  /** When the count was loaded, or would have been for it to be where it is. */
  loadedAt: number;
  /** A one-shot count has run out: it stays zero, whatever becomes of the mode, until one is loaded. */
  isSpent: boolean;
  deadline: bigint;
}

export class LocalApicTimer {
  readonly #state: TimerState;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #mode: () => number;

  /** `mode` reads the LVT entry; `expired` is called at each end of a count. */
  constructor(state: TimerState, clock: Clock, mode: () => number, expired: () => void) {
    this.#state = state;
    this.#clock = clock;
    this.#mode = mode;
    this.#timer = clock.timer('local-apic.timer', () => {
      if (mode() === TIMER_MODE.deadline) state.deadline = 0n;
      if (mode() === TIMER_MODE.oneShot) state.isSpent = true;
      if (mode() === TIMER_MODE.periodic) this.#arm();
      expired();
    });
  }

  reset(): void {
    this.#timer.set(Number.POSITIVE_INFINITY);
  }

  /** A count or a deadline was written: it runs from now on. */
  start(): void {
    this.#state.isSpent = false;
    this.#state.loadedAt = this.#clock.now;
    this.#arm();
  }

  /** The mode changed: one-shot and periodic take over the running count, to and from deadline mode disarms. */
  modeChanged(before: number): void {
    if (before === TIMER_MODE.deadline || this.#mode() === TIMER_MODE.deadline) {
      this.#state.initialCount = 0;
      this.#state.deadline = 0n;
    }
    if (before === TIMER_MODE.periodic) this.#state.loadedAt = this.#periodStart();
    this.#arm();
  }

  /** The count goes on from where it is, at the new speed. */
  setDivide(value: number): void {
    const left = this.currentCount;
    this.#state.divide = value;
    if (left === 0) return;
    const passed = (this.#state.initialCount - left) * this.#nanosecondsPerCount;
    this.#state.loadedAt = Math.max(0, this.#clock.now - passed);
    this.#arm();
  }

  get currentCount(): number {
    const { initialCount, loadedAt, isSpent } = this.#state;
    if (initialCount === 0 || isSpent || this.#mode() === TIMER_MODE.deadline) return 0;
    const passed = Math.floor((this.#clock.now - loadedAt) / this.#nanosecondsPerCount);
    if (this.#mode() === TIMER_MODE.periodic) return initialCount - (passed % initialCount);
    return Math.max(0, initialCount - passed);
  }

  /** Nanoseconds a count: bits 3, 1 and 0 of the divide register, 111b meaning 1 (SDM volume 3, figure 11-10). */
  get #nanosecondsPerCount(): number {
    const { divide } = this.#state;
    const code = (divide & 3) | ((divide & 8) >> 1);
    return (1e9 / APIC_TIMER_HERTZ) * (code === 7 ? 1 : 2 << code);
  }

  get #period(): number {
    return this.#state.initialCount * this.#nanosecondsPerCount;
  }

  /** When the running period of a periodic timer began. */
  #periodStart(): number {
    const { loadedAt } = this.#state;
    const period = this.#period;
    return period === 0 ? loadedAt : loadedAt + Math.floor((this.#clock.now - loadedAt) / period) * period;
  }

  #arm(): void {
    this.#timer.set(this.#expiry());
  }

  #expiry(): number {
    const { initialCount, loadedAt, isSpent, deadline } = this.#state;
    if (this.#mode() === TIMER_MODE.deadline) {
      // The TSC counts nanoseconds. Deadlines beyond 2^53 ns (104 days) never come.
      return deadline !== 0n && deadline < 1n << 53n ? Number(deadline) : Number.POSITIVE_INFINITY;
    }
    if (initialCount === 0 || isSpent) return Number.POSITIVE_INFINITY;
    if (this.#mode() === TIMER_MODE.periodic) return this.#periodStart() + this.#period;
    const end = loadedAt + this.#period;
    return end > this.#clock.now ? end : Number.POSITIVE_INFINITY;
  }
}
