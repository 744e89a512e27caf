/**
 * The MC146818 real-time clock with 128 bytes of CMOS memory at 70h/71h: calendar, periodic, alarm and update
 * interrupts on IRQ 8. The date at power-on is an input.
 *
 * Not modelled: the divider's start-up (bits 6-4 of register A are stored only), the NMI mask (bit 7 of the index is
 * accepted and dropped), power loss.
 */
import type { Clock, Device, Line, Timer, Window } from '../device.js';
import { bytes, count, createState, defineState, signed, u8 } from '../state/state-schema.js';
import { instantOfTick, ticksAt } from '../ticks.js';
import { CALENDAR, calendarBytes, type Encoding, secondsOfCalendar } from './rtc-time.js';

const SCHEMA = defineState(1, {
  index: u8(),
  ram: bytes(128),
  /** Seconds since 1970 at guest time `anchor`. */
  seconds: signed(),
  anchor: count(),
});

const A = 0x0a;
const B = 0x0b;
const C = 0x0c;
const D = 0x0d;
const B_SET = 0x80;
const B_PIE = 0x40;
const UPDATE = 0x10;
const ALARM = 0x20;
const PERIODIC = 0x40;
const ALARM_REGISTERS = { seconds: 1, minutes: 3, hours: 5 } as const;
/** An alarm byte with both upper bits set matches everything. */
const DONT_CARE = 0xc0;
const SECOND = 1_000_000_000;
/** Update in progress: 244 us of warning and 1984 us of updating (data sheet, table 6). */
const UPDATE_NANOSECONDS = 2_228_000;
const CRYSTAL_HERTZ = 32_768;
const TIME_BYTES = new Set<number>(Object.values(CALENDAR));

export interface RtcOptions {
  /** Seconds since 1970 (UTC) at power-on. */
  readonly seconds: number;
  /** Bytes that firmware would leave in CMOS, by index. */
  readonly cmos?: ReadonlyMap<number, number>;
}

export class Rtc implements Device {
  readonly name = 'rtc';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly ports: Window;
  readonly #clock: Clock;
  readonly #irq: Line;
  readonly #second: Timer;
  readonly #period: Timer;

  constructor(clock: Clock, irq: Line, options: RtcOptions) {
    this.#clock = clock;
    this.#irq = irq;
    this.#second = clock.timer('rtc.second', () => this.#everySecond());
    this.#period = clock.timer('rtc.period', () => this.#everyPeriod());
    const { ram } = this.state;
    this.state.seconds = Math.floor(options.seconds);
    ram[A] = 0x26;
    ram[B] = 0x02;
    ram[D] = 0x80;
    for (const [index, value] of options.cmos ?? []) ram[index & 0x7f] = value;
    this.#second.set(SECOND);
    this.ports = {
      width: 1,
      read: (offset) => (offset === 0 ? 0xff : this.#read(this.state.index)),
      write: (offset, _size, value) => {
        if (offset === 0) this.state.index = value & 0x7f;
        else this.#write(this.state.index, value);
      },
    };
  }

  /** The RESET pin clears the interrupt enables and flags; time and memory go on. */
  reset(): void {
    const { ram } = this.state;
    ram[B] = (ram[B] as number) & ~0x78;
    ram[C] = 0;
    this.#period.set(Number.POSITIVE_INFINITY);
    this.#irq.set(false);
  }

  get #encoding(): Encoding {
    const b = this.state.ram[B] as number;
    return { binary: (b & 4) !== 0, hours24: (b & 2) !== 0 };
  }

  get #stopped(): boolean {
    return ((this.state.ram[B] as number) & B_SET) !== 0;
  }

  #read(index: number): number {
    const { ram } = this.state;
    if (index === C) {
      const value = ram[C] as number;
      ram[C] = 0;
      this.#irq.set(false);
      return value;
    }
    if (index === A) return (ram[A] as number) | (this.#updating() ? 0x80 : 0);
    if (TIME_BYTES.has(index) && !this.#stopped) this.#refresh();
    return ram[index] as number;
  }

  #write(index: number, value: number): void {
    const { ram } = this.state;
    if (index === C || index === D) return;
    if (index === A) {
      ram[A] = value & 0x7f;
      this.#startPeriod();
    } else if (index === B) {
      this.#writeB(value);
    } else if (TIME_BYTES.has(index) && !this.#stopped) {
      this.#refresh();
      ram[index] = value;
      this.#setFromRam();
    } else {
      ram[index] = value;
    }
  }

  #writeB(value: number): void {
    const { ram } = this.state;
    const wasStopped = this.#stopped;
    const stops = (value & B_SET) !== 0;
    if (stops && !wasStopped) this.#refresh();
    // Setting SET clears UIE (data sheet, register B).
    ram[B] = stops ? value & ~UPDATE : value;
    if (wasStopped && !stops) this.#setFromRam();
    this.#startPeriod();
    this.#signal(0);
  }

  /** Seconds since 1970 now. */
  #now(): number {
    return this.state.seconds + Math.floor((this.#clock.now - this.state.anchor) / SECOND);
  }

  #updating(): boolean {
    if (this.#stopped) return false;
    return (this.#clock.now - this.state.anchor) % SECOND >= SECOND - UPDATE_NANOSECONDS;
  }

  #refresh(): void {
    for (const [index, value] of calendarBytes(this.#now(), this.#encoding)) this.state.ram[index] = value;
  }

  #setFromRam(): void {
    const { ram } = this.state;
    this.state.seconds = secondsOfCalendar((index) => ram[index] as number, this.#encoding);
    this.state.anchor = this.#clock.now;
    this.#second.set(this.#clock.now + SECOND);
  }

  #everySecond(): void {
    this.#second.set(this.#clock.now + SECOND);
    if (this.#stopped) return;
    this.#refresh();
    this.#signal(UPDATE | (this.#alarmMatches() ? ALARM : 0));
  }

  #alarmMatches(): boolean {
    const { ram } = this.state;
    return (['seconds', 'minutes', 'hours'] as const).every((part) => {
      const wanted = ram[ALARM_REGISTERS[part]] as number;
      return (wanted & DONT_CARE) === DONT_CARE || wanted === ram[CALENDAR[part]];
    });
  }

  /** Crystal ticks between periodic interrupts, 0 for none (data sheet, table 5). */
  get #periodTicks(): number {
    const rate = (this.state.ram[A] as number) & 15;
    if (rate === 0) return 0;
    return 1 << ((rate <= 2 ? rate + 7 : rate) - 1);
  }

  #startPeriod(): void {
    const ticks = this.#periodTicks;
    const runs = ticks !== 0 && ((this.state.ram[B] as number) & B_PIE) !== 0;
    if (!runs) {
      this.#period.set(Number.POSITIVE_INFINITY);
      return;
    }
    const passed = Math.floor(ticksAt(this.#clock.now, CRYSTAL_HERTZ) / ticks);
    this.#period.set(instantOfTick((passed + 1) * ticks, CRYSTAL_HERTZ));
  }

  #everyPeriod(): void {
    this.#startPeriod();
    this.#signal(PERIODIC);
  }

  /** Sets flags of register C and drives IRQ 8: the flags that register B enables. */
  #signal(flags: number): void {
    const { ram } = this.state;
    const pending = ((ram[C] as number) & 0x70) | flags;
    const raised = (pending & (ram[B] as number) & 0x70) !== 0;
    ram[C] = pending | (raised ? 0x80 : 0);
    this.#irq.set(raised);
  }
}
