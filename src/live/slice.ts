/**
 * How much guest time a run may take at once, so that orders and typed keys are not kept waiting: adapted to how long
 * the last ones took. The guest cannot tell.
 */
const LEAST = 1e6;
const MOST = 1e9;
/** Milliseconds that are aimed at. */
const WANTED = 20;

export class Slice {
  #length = LEAST;

  /** Guest nanoseconds. */
  get length(): number {
    return this.#length;
  }

  /** A run of a whole slice took `milliseconds`. */
  took(milliseconds: number): void {
    const factor = Math.min(2, Math.max(0.25, WANTED / Math.max(milliseconds, 1)));
    this.#length = Math.round(Math.min(MOST, Math.max(LEAST, this.#length * factor)));
  }
}
