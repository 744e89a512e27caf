/**
 * Which bytes of physical memory code was made from, coarsely: one bit for each 32 bytes of a frame. A quick "no" for
 * writes beside code; bits are only cleared with their frame, so "yes" still has to be proven.
 */

const GRANULE_SHIFT = 5;
const WORDS = (4096 >> GRANULE_SHIFT) >> 5;

export class CodeCoverage {
  private readonly frames = new Map<number, Int32Array>();

  /** Notes code at [physical, physical + length); it may go on in the next frame. */
  add(physical: number, length: number): void {
    for (let at = physical - (physical & 31); at < physical + length; at += 1 << GRANULE_SHIFT) {
      const frame = Math.floor(at / 4096);
      let words = this.frames.get(frame);
      if (words === undefined) {
        words = new Int32Array(WORDS);
        this.frames.set(frame, words);
      }
      const granule = (at & 0xfff) >> GRANULE_SHIFT;
      words[granule >> 5]! |= 1 << (granule & 31);
    }
  }

  /** False: no code was made from [physical, physical + length). */
  mayOverlap(physical: number, length: number): boolean {
    for (let at = physical - (physical & 31); at < physical + length; at += 1 << GRANULE_SHIFT) {
      const words = this.frames.get(Math.floor(at / 4096));
      const granule = (at & 0xfff) >> GRANULE_SHIFT;
      if (words !== undefined && ((words[granule >> 5] as number) & (1 << (granule & 31))) !== 0) return true;
    }
    return false;
  }

  /** No code depends on the frame any more. */
  forget(frame: number): void {
    this.frames.delete(frame);
  }
}
