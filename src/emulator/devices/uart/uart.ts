/**
 * A 16550A serial port (National Semiconductor PC16550D data sheet): FIFOs, all four interrupt sources, loopback and
 * modem status. Bytes go to a sink and come from the machine's input port.
 *
 * Transmission takes no guest time: THR is empty again at once, whatever the divisor says. Guests poll for it, and
 * at 115200 baud a boot log would cost them two thousand million instructions. Parity, framing and overrun errors
 * never happen: input waits outside until the FIFO has room.
 */
import type { Clock, Device, Line, Timer, Window } from '../device.js';
import { createState, defineState, flag, queue, resetState, u8, u16 } from '../state/state-schema.js';

const FIFO_BYTES = 16;
/** Input not yet taken by the guest; a guest that never reads loses what comes after that. */
const BACKLOG_BYTES = 1 << 20;

const SCHEMA = defineState(1, {
  ier: u8(),
  lcr: u8(),
  mcr: u8(),
  scratch: u8(),
  divisor: u16(12),
  fifoEnabled: flag(),
  triggerLevel: u8(1),
  /** Modem status: lines in the upper half, changes since the last read in the lower. */
  msr: u8(0xb0),
  receiveFifo: queue(FIFO_BYTES),
  backlog: queue(BACKLOG_BYTES),
  /** The THR-empty interrupt waits to be seen. */
  thrEmptyPending: flag(),
  /** Bytes sit below the trigger level for four character times. */
  timeoutPending: flag(),
  breakPending: flag(),
});

const REGISTER = { data: 0, ier: 1, iir: 2, lcr: 3, mcr: 4, lsr: 5, msr: 6, scratch: 7 } as const;
const LCR = { divisorLatch: 0x80, break: 0x40 } as const;
const MCR = { dtr: 1, rts: 2, out1: 4, out2: 8, loop: 0x10 } as const;
const IER = { data: 1, thrEmpty: 2, line: 4, modem: 8 } as const;
const IIR = { none: 1, modem: 0, thrEmpty: 2, data: 4, line: 6, timeout: 0xc, fifo: 0xc0 } as const;
const LSR = { data: 1, break: 0x10, thrEmpty: 0x20, idle: 0x40 } as const;
/** Clear to send, data set ready, carrier: a cable with a listening peer. */
const PEER_LINES = 0xb0;
/** FCR bits 7-6. */
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
const BASE_BAUD = 115_200;

export interface UartOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly irq: Line;
  /** Takes each byte that the guest sends. */
  readonly sink: (byte: number) => void;
}

export class Uart implements Device {
  readonly name: string;
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  readonly ports: Window;
  readonly #clock: Clock;
  readonly #irq: Line;
  readonly #sink: (byte: number) => void;
  readonly #timeout: Timer;

  constructor({ name, clock, irq, sink }: UartOptions) {
    this.name = name;
    this.#clock = clock;
    this.#irq = irq;
    this.#sink = sink;
    this.#timeout = clock.timer(`${name}.timeout`, () => {
      this.state.timeoutPending = this.state.receiveFifo.length > 0;
      this.#update();
    });
    this.ports = {
      width: 1,
      read: (offset) => this.#read(offset),
      write: (offset, _size, value) => this.#write(offset, value),
    };
  }

  reset(): void {
    const { divisor, scratch, backlog } = this.state;
    const waiting = [...backlog];
    resetState(SCHEMA, this.state);
    Object.assign(this.state, { divisor, scratch });
    backlog.push(...waiting);
    this.#timeout.set(Number.POSITIVE_INFINITY);
    this.#update();
  }

  /** Bytes that arrive on the wire. In loopback the wire is cut and they wait. */
  receive(bytes: Uint8Array): void {
    const room = BACKLOG_BYTES - this.state.backlog.length;
    for (const byte of bytes.subarray(0, room)) this.state.backlog.push(byte);
    this.#fill();
  }

  get #looped(): boolean {
    return (this.state.mcr & MCR.loop) !== 0;
  }

  #read(offset: number): number {
    const { state } = this;
    const latch = (state.lcr & LCR.divisorLatch) !== 0;
    switch (offset) {
      case REGISTER.data:
        return latch ? state.divisor & 0xff : this.#take();
      case REGISTER.ier:
        return latch ? state.divisor >> 8 : state.ier;
      case REGISTER.iir:
        return this.#identify();
      case REGISTER.lcr:
        return state.lcr;
      case REGISTER.mcr:
        return state.mcr;
      case REGISTER.lsr:
        return this.#lineStatus();
      case REGISTER.msr:
        return this.#modemStatus();
      default:
        return state.scratch;
    }
  }

  #write(offset: number, value: number): void {
    const { state } = this;
    const latch = (state.lcr & LCR.divisorLatch) !== 0;
    switch (offset) {
      case REGISTER.data:
        if (latch) state.divisor = (state.divisor & 0xff00) | value;
        else this.#send(value);
        return;
      case REGISTER.ier:
        if (latch) state.divisor = (value << 8) | (state.divisor & 0xff);
        else this.#enable(value & 0x0f);
        return;
      case REGISTER.iir:
        this.#controlFifo(value);
        return;
      case REGISTER.lcr:
        state.lcr = value;
        return;
      case REGISTER.mcr:
        this.#controlModem(value & 0x1f);
        return;
      case REGISTER.scratch:
        state.scratch = value;
        return;
      default:
        // LSR and MSR: factory test only.
        return;
    }
  }

  #send(byte: number): void {
    const { state } = this;
    state.thrEmptyPending = false;
    this.#update();
    if (this.#looped) {
      if (state.receiveFifo.length < this.#capacity) state.receiveFifo.push(byte);
      this.#received();
    } else {
      this.#sink(byte);
    }
    state.thrEmptyPending = true;
    this.#update();
  }

  /** Enabling the THR-empty interrupt while THR is empty raises it (data sheet, 8.6.5). */
  #enable(value: number): void {
    const { state } = this;
    if ((value & ~state.ier & IER.thrEmpty) !== 0) state.thrEmptyPending = true;
    state.ier = value;
    this.#update();
  }

  #controlFifo(value: number): void {
    const { state } = this;
    const enabled = (value & 1) !== 0;
    if (enabled !== state.fifoEnabled || (value & 2) !== 0) {
      state.receiveFifo.length = 0;
      state.timeoutPending = false;
    }
    state.fifoEnabled = enabled;
    state.triggerLevel = enabled ? (TRIGGER_LEVELS[(value >> 6) & 3] as number) : 1;
    this.#fill();
  }

  #controlModem(value: number): void {
    const { state } = this;
    const before = this.#modemLines();
    state.mcr = value;
    this.#noteModemChange(before, this.#modemLines());
    this.#fill();
  }

  /** In loopback the outputs are wired to the inputs: RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD. */
  #modemLines(): number {
    const { mcr } = this.state;
    if ((mcr & MCR.loop) === 0) return PEER_LINES;
    const wire = (output: number, input: number): number => ((mcr & output) !== 0 ? input : 0);
    return wire(MCR.rts, 0x10) | wire(MCR.dtr, 0x20) | wire(MCR.out1, 0x40) | wire(MCR.out2, 0x80);
  }

  /** Low half of MSR: CTS, DSR and DCD by any change, RI by its trailing edge. */
  #noteModemChange(before: number, after: number): void {
    const { state } = this;
    const changed = (before ^ after) & 0xb0;
    const ringEnded = before & ~after & 0x40;
    state.msr = after | (state.msr & 0x0f) | ((changed | ringEnded) >> 4);
    this.#update();
  }

  #modemStatus(): number {
    const { state } = this;
    const value = state.msr;
    state.msr &= 0xf0;
    this.#update();
    return value;
  }

  #lineStatus(): number {
    const { state } = this;
    const value =
      LSR.thrEmpty | LSR.idle | (state.receiveFifo.length > 0 ? LSR.data : 0) | (state.breakPending ? LSR.break : 0);
    state.breakPending = false;
    this.#update();
    return value;
  }

  #take(): number {
    const { state } = this;
    const byte = state.receiveFifo.shift() ?? 0;
    state.timeoutPending = false;
    // The line falls before the next byte comes in: without FIFO every byte makes an edge.
    this.#update();
    this.#fill();
    return byte;
  }

  get #capacity(): number {
    return this.state.fifoEnabled ? FIFO_BYTES : 1;
  }

  /** Moves waiting input into the FIFO. */
  #fill(): void {
    const { receiveFifo, backlog } = this.state;
    if (!this.#looped) {
      const moved = Math.min(this.#capacity - receiveFifo.length, backlog.length);
      if (moved > 0) receiveFifo.push(...backlog.splice(0, moved));
    }
    this.#received();
  }

  /** Starts the character timeout where bytes stay below the trigger level: four characters of ten bits. */
  #received(): void {
    const { receiveFifo, triggerLevel, fifoEnabled, divisor, timeoutPending } = this.state;
    const waits = fifoEnabled && receiveFifo.length > 0 && receiveFifo.length < triggerLevel && !timeoutPending;
    const delay = Math.round((4 * 10 * 1e9 * Math.max(divisor, 1)) / BASE_BAUD);
    this.#timeout.set(waits ? this.#clock.now + delay : Number.POSITIVE_INFINITY);
    this.#update();
  }

  /** The pending source of highest priority (data sheet, table 5), enabled ones only. */
  #source(): number {
    const { state } = this;
    const on = (bit: number): boolean => (state.ier & bit) !== 0;
    if (on(IER.line) && state.breakPending) return IIR.line;
    if (on(IER.data) && state.receiveFifo.length >= state.triggerLevel) return IIR.data;
    if (on(IER.data) && state.timeoutPending) return IIR.timeout;
    if (on(IER.thrEmpty) && state.thrEmptyPending) return IIR.thrEmpty;
    if (on(IER.modem) && (state.msr & 0x0f) !== 0) return IIR.modem;
    return IIR.none;
  }

  /** Reading IIR clears the THR-empty interrupt when it is the one reported. */
  #identify(): number {
    const { state } = this;
    const source = this.#source();
    if (source === IIR.thrEmpty) {
      state.thrEmptyPending = false;
      this.#update();
    }
    return source | (state.fifoEnabled ? IIR.fifo : 0);
  }

  /** PC wiring: OUT2 gates the interrupt; in loopback the pin is inactive. */
  #update(): void {
    const gated = (this.state.mcr & (MCR.out2 | MCR.loop)) === MCR.out2;
    this.#irq.set(gated && this.#source() !== IIR.none);
  }
}
