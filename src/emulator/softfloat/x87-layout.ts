// Where the x87 unit keeps its state in memory. Registers are physical (not relative to TOP), 16 bytes each: the
// significand, then sign and exponent. TOP lives apart from the status word; the tag byte has a bit for each physical
// register that is not empty.

export interface X87Layout {
  /** Address of physical register 0. */
  readonly registers: number;
  readonly top: number;
  readonly control: number;
  /** Status word without TOP. */
  readonly status: number;
  readonly tags: number;
  /** Flags of a store that was converted but not yet committed (the memory write may still fault). */
  readonly pending: number;
}

export const REGISTER_BYTES = 16;
/** Offset of sign and exponent in a register. */
export const SIGN_EXPONENT = 8;
