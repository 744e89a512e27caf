/** A processor without instructions: RAM, an instruction count that runs, lines that are remembered. */
import type { Bus, EntryState, SavedProcessor, StopReason } from '../../../src/emulator/cpu/processor.js';
import type { GuestProcessor } from '../../../src/emulator/machine/machine-config.js';

export class FakeProcessor implements GuestProcessor {
  readonly ram: Uint8Array;
  readonly bus: Bus;
  icount = 0;
  idleTicks = 0;
  interruptLine = false;
  nmis = 0;
  halted = false;
  interruptsOn = true;
  entry: EntryState | undefined;
  readonly events = { subscribe: () => ({ close: () => {} }) };
  readonly stopEvent = undefined;
  /** What the next `run` does before it counts; may touch the bus. */
  script: (() => void)[] = [];
  #stop = false;
  #limit = 0;

  constructor(bus: Bus, ramBytes: number) {
    this.bus = bus;
    this.ram = new Uint8Array(ramBytes);
  }

  setInterruptLine(level: boolean): void {
    this.interruptLine = level;
  }

  raiseNmi(): void {
    this.nmis++;
  }

  /** Each scripted step is one instruction. */
  run(limit: number): StopReason {
    this.#limit = limit;
    for (;;) {
      if (this.#stop) {
        this.#stop = false;
        return 'requested';
      }
      if (this.icount >= this.#limit) return 'limit';
      if (this.halted && !(this.interruptLine && this.interruptsOn)) return 'halt';
      const step = this.script.shift();
      if (step === undefined) {
        this.icount = this.#limit;
        return 'limit';
      }
      step();
      this.icount++;
    }
  }

  spend(ticks: number): void {
    this.idleTicks += ticks;
    this.#limit -= ticks;
  }

  requestStop(): void {
    this.#stop = true;
  }

  reset(): void {
    this.halted = false;
  }

  noteWritten(): void {}

  enter(entry: EntryState): void {
    this.entry = entry;
  }

  saveState(): SavedProcessor {
    return { version: 1, fields: { icount: this.icount, halted: this.halted ? 1 : 0 } };
  }

  restoreState(saved: SavedProcessor): void {
    this.icount = Number(saved.fields.icount);
    this.halted = saved.fields.halted === 1;
  }

  takeDirtyPages(): Uint32Array {
    return new Uint32Array();
  }

  getRegister(name: string): bigint {
    return name === 'rflags' && this.interruptsOn ? 0x202n : 2n;
  }
}
