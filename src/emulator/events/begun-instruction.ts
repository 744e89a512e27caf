/**
 * An instruction whose beginning was reported but that was not executed yet: the run stopped before it, or the buffer
 * was full. When it is executed, its beginning is not reported again; after an interrupt in between it is.
 */
import type { CpuState } from '../cpu/cpu-state.js';

interface Standing {
  readonly state: CpuState;
  readonly icount: number;
}

export class BegunInstruction {
  private rip = 0n;
  private icount = -1;

  /** The instruction at which the processor stands was begun. */
  note({ state, icount }: Standing): void {
    this.rip = state.rip;
    this.icount = icount;
  }

  forget(): void {
    this.icount = -1;
  }

  get waits(): boolean {
    return this.icount >= 0;
  }

  /** Is it the one at which the processor stands? It does not wait any longer in either case. */
  take({ state, icount }: Standing): boolean {
    const same = this.rip === state.rip && this.icount === icount;
    this.icount = -1;
    return same;
  }
}
