/**
 * The units that can be off (`cpu/fpu-traps.ts`), and how generated code says which of them traps. What each does is in the
 * families of its instructions.
 */

/** Units whose instructions can be off; the field `x87Trap`, `mmxTrap` or `sseTrap` says what to raise then. */
const UNITS = ['x87', 'mmx', 'sse'] as const;
export type Unit = (typeof UNITS)[number];

/** Pseudo-vector of `raise`: what the unit's field says. */
export const trapOf = (unit: Unit): number => -1 - UNITS.indexOf(unit);
/** The unit of a pseudo-vector. */
export const unitOfTrap = (vector: number): Unit => UNITS[-1 - vector] as Unit;
