/**
 * Conversions between guest nanoseconds and the ticks of a crystal, exact for whole numbers (no drift, and the same
 * on every host).
 */

const NANOSECONDS = 1_000_000_000;

/** floor(value * numerator / denominator) without overflow; numerator * denominator must stay below 2^53. */
function scale(value: number, numerator: number, denominator: number): number {
  const whole = Math.floor(value / denominator);
  return whole * numerator + Math.floor(((value - whole * denominator) * numerator) / denominator);
}

/** How many edges of a clock of `hertz` (at most 9 MHz, or 1 GHz exactly) lie at or before `nanoseconds`. */
export function ticksAt(nanoseconds: number, hertz: number): number {
  return hertz === NANOSECONDS ? nanoseconds : scale(nanoseconds, hertz, NANOSECONDS);
}

/** The first nanosecond at which `ticks` edges have passed: the smallest n with ticksAt(n) >= ticks. */
export function instantOfTick(ticks: number, hertz: number): number {
  if (hertz === NANOSECONDS) return ticks;
  const whole = Math.floor(ticks / hertz);
  return whole * NANOSECONDS + Math.ceil(((ticks - whole * hertz) * NANOSECONDS) / hertz);
}
