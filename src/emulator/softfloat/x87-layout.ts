// Where the x87 unit keeps its state in memory. Registers are physical (not relative to TOP), 16 bytes each: the
// significand, then sign and exponent. TOP lives apart from the status word; of the tag word only one bit a
// physical register is kept, the rest follows from the register.

export interface X87Layout {
  /** Address of physical register 0. */
  readonly registers: number;
  readonly top: number;
  readonly control: number;
  /** Status word without TOP. */
  readonly status: number;
  /** Bit i is set when physical register i is empty. */
  readonly empty: number;
  /** Flags of a store that was converted but not yet committed (the memory write may still fault). */
  readonly pending: number;
  /** What x87 instructions must raise before they do anything, or 0: #MF once an unmasked exception is pending. */
  readonly trap: number;
}

export const REGISTER_BYTES = 16;
/** Offset of sign and exponent in a register. */
export const SIGN_EXPONENT = 8;
