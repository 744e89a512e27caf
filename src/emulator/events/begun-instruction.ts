/**
 * An instruction whose beginning was reported but that was not executed yet: the run stopped before it, or the buffer
 * was full. When it is executed, its beginning is not reported again; after an interrupt in between it is.
 */
export class BegunInstruction {
  private rip = 0n;
  private icount = -1;

  note(rip: bigint, icount: number): void {
    this.rip = rip;
    this.icount = icount;
  }

  get waits(): boolean {
    return this.icount >= 0;
  }

  /** Is it the one at this place and moment? It does not wait any longer in either case. */
  take(rip: bigint, icount: number): boolean {
    const same = this.rip === rip && this.icount === icount;
    this.icount = -1;
    return same;
  }
}
