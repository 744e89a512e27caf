/**
 * The local APIC of the one processor (SDM volume 3, chapter 11): priorities, local vector table, timer, interrupts
 * to itself, and the 8259's way in through LINT0.
 *
 * No x2APIC, no other processors; INIT, SMI and start-up messages go nowhere.
 */
import type { Clock, Device, Line, Window } from '../device.js';
import {
  bytes,
  count,
  createState,
  defineState,
  flag,
  list,
  resetState,
  u8,
  u32,
  wide,
} from '../state/state-schema.js';
import { LocalApicTimer, TIMER_MODE } from './local-apic-timer.js';
import { clearBit, highestBit, readWord, setBit, testBit } from './vector-bitmap.js';

const MASKED = 0x1_0000;

const SCHEMA = defineState(2, {
  baseMsr: wide(0xfee0_0900n),
  taskPriority: u8(),
  logicalDestination: u32(),
  destinationFormat: u32(0xffff_ffff),
  spurious: u32(0xff),
  inService: bytes(32),
  levelTriggered: bytes(32),
  requested: bytes(32),
  errorStatus: u8(),
  /** Errors since ESR was last written. */
  errors: u8(),
  commandLow: u32(),
  commandHigh: u32(),
  /** Timer, thermal, performance, LINT0, LINT1, error. */
  lvt: list(6, { value: u32(MASKED) }),
  initialCount: u32(),
  divide: u32(),
  loadedAt: count(),
  isSpent: flag(),
  deadline: wide(),
});

const LVT = { timer: 0, lint0: 3, lint1: 4, error: 5 } as const;
/** Bits of each LVT entry that can be written: vector, mode where it has one, mask, timer mode, LINT polarity. */
const LVT_WRITABLE = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff] as const;
const MODE = { fixed: 0, lowest: 1, nmi: 4, external: 7 } as const;
const ERROR = { sentIllegal: 0x20, receivedIllegal: 0x40, register: 0x80 } as const;
const SOFTWARE_ENABLE = 0x100;
const GLOBAL_ENABLE = 0x800n;
/** IA32_APIC_BASE: which processor starts, which reads back as it is, and the page, of 40-bit physical addresses. */
const BOOTSTRAP = 0x100n;
const BASE_PAGE = 0xff_ffff_f000n;
const MSR = { apicBase: 0x1b, tscDeadline: 0x6e0 } as const;
/** Version 14h, six LVT entries, no EOI-broadcast suppression. */
const VERSION = 0x5_0014;

export interface LocalApicWiring {
  readonly clock: Clock;
  /** Called whenever what the processor should see may have changed. */
  readonly changed: () => void;
  readonly nmi: () => void;
  /** The register page lies at `base` from now on. */
  readonly moved: (base: number) => void;
  /** End of a level-triggered interrupt, for the I/O APIC. */
  readonly endOfInterrupt: (vector: number) => void;
}

export class LocalApic implements Device {
  readonly name = 'local-apic';
  readonly schema = SCHEMA;
  readonly state = createState(SCHEMA);
  /** The register page. */
  readonly registers: Window;
  /** The LINT1 pin. */
  readonly nmiPin: Line;
  readonly #wiring: LocalApicWiring;
  readonly #timer: LocalApicTimer;

  constructor(wiring: LocalApicWiring) {
    this.#wiring = wiring;
    this.#timer = new LocalApicTimer(
      this.state,
      wiring.clock,
      () => this.#timerMode,
      () => this.#deliverLocal(LVT.timer),
    );
    this.nmiPin = {
      set: (level) => {
        if (level && this.#mode(LVT.lint1) === MODE.nmi && !this.#isMasked(LVT.lint1)) wiring.nmi();
      },
    };
    // Only aligned 32-bit accesses have a meaning (SDM volume 3, 11.4.1); others read the register's low part. While
    // the APIC is disabled nothing answers there.
    this.registers = {
      width: 4,
      read: (offset) => {
        if (!this.#isOn) return 0xffff_ffff;
        return (offset & 15) === 0 ? this.#read(offset >> 4) : 0;
      },
      write: (offset, size, value) => {
        if (this.#isOn && (offset & 15) === 0 && size === 4) this.#write(offset >> 4, value);
      },
    };
  }

  reset(): void {
    resetState(SCHEMA, this.state);
    this.#timer.reset();
    this.#wiring.moved(this.#base);
    this.#wiring.changed();
  }

  restored(): void {
    this.#wiring.moved(this.#base);
    this.#wiring.changed();
  }

  /** What firmware leaves: the APIC on, the 8259 through LINT0, NMI on LINT1 (MP specification 1.4, 3.6.2.2). */
  setVirtualWire(): void {
    this.state.spurious = SOFTWARE_ENABLE | 0xff;
    this.#lvt(LVT.lint0).value = MODE.external << 8;
    this.#lvt(LVT.lint1).value = MODE.nmi << 8;
    this.#wiring.changed();
  }

  /** Whether the 8259's output reaches the processor. */
  get passesExternal(): boolean {
    return !this.#isOn || (this.#mode(LVT.lint0) === MODE.external && !this.#isMasked(LVT.lint0));
  }

  /** Whether an interrupt of its own waits for the processor. */
  get requesting(): boolean {
    return this.#deliverable() >= 0;
  }

  /** Hands the processor a vector and marks it in service; the spurious vector when the request went away. */
  acknowledge(): number {
    const vector = this.#deliverable();
    if (vector < 0) return this.state.spurious & 0xff;
    clearBit(this.state.requested, vector);
    setBit(this.state.inService, vector);
    this.#wiring.changed();
    return vector;
  }

  /** A message from the I/O APIC or from a device (MSI): destination as in an interrupt command. */
  receive(message: { vector: number; mode: number; level: boolean; destination: number; logical: boolean }): boolean {
    if (!this.#isOn || !this.#accepts(message.destination, message.logical)) return false;
    this.#deliver(message.mode, message.vector, message.level);
    return true;
  }

  get taskPriority(): number {
    return this.state.taskPriority;
  }

  set taskPriority(value: number) {
    this.state.taskPriority = value & 0xff;
    this.#wiring.changed();
  }

  readMsr(index: number): bigint | undefined {
    if (index === MSR.apicBase) return this.state.baseMsr;
    if (index === MSR.tscDeadline) return this.#timerMode === TIMER_MODE.deadline ? this.state.deadline : 0n;
    return undefined;
  }

  writeMsr(index: number, value: bigint): boolean | 'fault' {
    if (index === MSR.apicBase) return this.#writeBase(value);
    if (index !== MSR.tscDeadline) return false;
    if (this.#timerMode === TIMER_MODE.deadline) {
      this.state.deadline = value;
      this.#timer.start();
    }
    return true;
  }

  #writeBase(value: bigint): true | 'fault' {
    if ((value & ~(GLOBAL_ENABLE | BOOTSTRAP | BASE_PAGE)) !== 0n) return 'fault';
    if (this.#isOn && (value & GLOBAL_ENABLE) === 0n) this.reset();
    this.state.baseMsr = value | BOOTSTRAP;
    this.#wiring.moved(this.#base);
    this.#wiring.changed();
    return true;
  }

  get #base(): number {
    return Number(this.state.baseMsr & BASE_PAGE);
  }

  get #isOn(): boolean {
    return (this.state.baseMsr & GLOBAL_ENABLE) !== 0n;
  }

  #lvt(index: number): { value: number } {
    return this.state.lvt[index] as { value: number };
  }

  #mode(index: number): number {
    return (this.#lvt(index).value >> 8) & 7;
  }

  #isMasked(index: number): boolean {
    return (this.#lvt(index).value & MASKED) !== 0;
  }

  #accepts(destination: number, logical: boolean): boolean {
    if (!logical) return destination === 0 || destination === 0xff;
    const mine = this.state.logicalDestination >>> 24;
    if (this.state.destinationFormat >>> 28 === 0xf) return (mine & destination) !== 0;
    // Cluster model: upper nibble names the cluster, Fh all of them.
    const cluster = destination >> 4;
    return (cluster === 0xf || cluster === mine >> 4) && (mine & destination & 0xf) !== 0;
  }

  #deliver(mode: number, vector: number, level: boolean): void {
    if (mode === MODE.nmi) this.#wiring.nmi();
    if (mode !== MODE.fixed && mode !== MODE.lowest) return;
    if (vector < 16) {
      this.#error(ERROR.receivedIllegal);
      return;
    }
    if ((this.state.spurious & SOFTWARE_ENABLE) === 0) return;
    setBit(this.state.requested, vector);
    if (level) setBit(this.state.levelTriggered, vector);
    else clearBit(this.state.levelTriggered, vector);
    this.#wiring.changed();
  }

  #deliverLocal(index: number): void {
    const { value } = this.#lvt(index);
    if ((value & MASKED) !== 0) return;
    this.#deliver(index === LVT.timer || index === LVT.error ? MODE.fixed : (value >> 8) & 7, value & 0xff, false);
  }

  /** SDM volume 3, 11.8.3.1: the higher of the task's and the served interrupt's class. */
  get #processorPriority(): number {
    const serving = Math.max(highestBit(this.state.inService), 0);
    const { taskPriority } = this.state;
    return taskPriority >> 4 >= serving >> 4 ? taskPriority : serving & 0xf0;
  }

  #deliverable(): number {
    if (!this.#isOn || (this.state.spurious & SOFTWARE_ENABLE) === 0) return -1;
    const vector = highestBit(this.state.requested);
    return vector >= 0 && vector >> 4 > this.#processorPriority >> 4 ? vector : -1;
  }

  #endOfInterrupt(): void {
    const vector = highestBit(this.state.inService);
    if (vector < 0) return;
    clearBit(this.state.inService, vector);
    if (testBit(this.state.levelTriggered, vector)) this.#wiring.endOfInterrupt(vector);
    this.#wiring.changed();
  }

  #error(bit: number): void {
    this.state.errors |= bit;
    this.#deliverLocal(LVT.error);
  }

  /** `index`: register offset / 16 (SDM volume 3, table 11-1). */
  #read(index: number): number {
    const { state } = this;
    if (index >= 0x10 && index < 0x18) return readWord(state.inService, index - 0x10);
    if (index >= 0x18 && index < 0x20) return readWord(state.levelTriggered, index - 0x18);
    if (index >= 0x20 && index < 0x28) return readWord(state.requested, index - 0x20);
    if (index >= 0x32 && index <= 0x37) return this.#lvt(index - 0x32).value;
    switch (index) {
      case 0x02:
        return 0;
      case 0x03:
        return VERSION;
      case 0x08:
        return state.taskPriority;
      case 0x0a:
        return this.#processorPriority;
      case 0x0d:
        return state.logicalDestination;
      case 0x0e:
        return state.destinationFormat;
      case 0x0f:
        return state.spurious;
      case 0x28:
        return state.errorStatus;
      case 0x30:
        return state.commandLow;
      case 0x31:
        return state.commandHigh;
      case 0x38:
        return state.initialCount;
      case 0x39:
        return this.#timer.currentCount;
      case 0x3e:
        return state.divide;
      default:
        return 0;
    }
  }

  #write(index: number, value: number): void {
    const { state } = this;
    if (index >= 0x32 && index <= 0x37) {
      this.#writeLvt(index - 0x32, value);
      return;
    }
    switch (index) {
      case 0x08:
        state.taskPriority = value & 0xff;
        break;
      case 0x0b:
        this.#endOfInterrupt();
        break;
      case 0x0d:
        state.logicalDestination = (value & 0xff00_0000) >>> 0;
        break;
      case 0x0e:
        state.destinationFormat = (value | 0x0fff_ffff) >>> 0;
        break;
      case 0x0f:
        this.#writeSpurious(value & 0x3ff);
        break;
      case 0x28:
        state.errorStatus = state.errors;
        state.errors = 0;
        break;
      case 0x30:
        state.commandLow = value & 0xc_cfff;
        this.#command();
        break;
      case 0x31:
        state.commandHigh = (value & 0xff00_0000) >>> 0;
        break;
      case 0x38:
        if (this.#timerMode === TIMER_MODE.deadline) break;
        state.initialCount = value;
        this.#timer.start();
        break;
      case 0x3e:
        this.#timer.setDivide(value & 0xb);
        break;
      default:
        // Read-only or absent registers.
        break;
    }
    this.#wiring.changed();
  }

  #writeLvt(index: number, value: number): void {
    const entry = this.#lvt(index);
    const modeBefore = this.#timerMode;
    // While software keeps the APIC off, every entry stays masked (SDM volume 3, 11.4.7.2).
    const forced = (this.state.spurious & SOFTWARE_ENABLE) === 0 ? MASKED : 0;
    entry.value = (value & (LVT_WRITABLE[index] as number)) | forced;
    if (index === LVT.timer && this.#timerMode !== modeBefore) this.#timer.modeChanged(modeBefore);
    this.#wiring.changed();
  }

  #writeSpurious(value: number): void {
    this.state.spurious = value;
    if ((value & SOFTWARE_ENABLE) === 0) for (const entry of this.state.lvt) entry.value |= MASKED;
  }

  /** The interrupt command register: with one processor, everything that includes oneself comes back. */
  #command(): void {
    const { commandLow, commandHigh } = this.state;
    const shorthand = commandLow >> 18;
    const logical = (commandLow & 0x800) !== 0;
    const reaches =
      shorthand === 1 || shorthand === 2 || (shorthand === 0 && this.#accepts(commandHigh >>> 24, logical));
    const mode = (commandLow >> 8) & 7;
    const vector = commandLow & 0xff;
    if ((mode === MODE.fixed || mode === MODE.lowest) && vector < 16) this.#error(ERROR.sentIllegal);
    else if (reaches) this.#deliver(mode, vector, false);
  }

  get #timerMode(): number {
    return (this.#lvt(LVT.timer).value >> 17) & 3;
  }
}
