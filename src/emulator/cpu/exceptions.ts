/** Exception vectors and the value that travels from where one is found to where it is delivered (SDM volume 3, 6.15). */

export const VECTOR = {
  divide: 0,
  debug: 1,
  nmi: 2,
  breakpoint: 3,
  overflow: 4,
  bound: 5,
  invalidOpcode: 6,
  deviceNotAvailable: 7,
  doubleFault: 8,
  invalidTss: 10,
  notPresent: 11,
  stack: 12,
  protection: 13,
  page: 14,
  floatingPoint: 16,
  alignment: 17,
  simd: 19,
} as const;

/** Vectors that push an error code. */
export const HAS_ERROR_CODE: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17]);

/** An architectural exception on its way to delivery. Not an Error: it is normal business and needs no stack trace. */
export class GuestException {
  readonly vector: number;
  readonly errorCode: number;
  /** Linear address of a page fault, which becomes CR2. */
  readonly address: bigint | undefined;
  /** Of #DB: the conditions, as bits of DR6. */
  readonly conditions: number;
  /** The instruction has done its work (a task switch); the exception belongs to where RIP is now. */
  committed = false;

  constructor(vector: number, errorCode = 0, address?: bigint, conditions = 0) {
    this.vector = vector;
    this.errorCode = errorCode;
    this.address = address;
    this.conditions = conditions;
  }
}

/** Throws #GP with an error code (a selector's index, or 0). */
export function protectionFault(errorCode = 0): never {
  throw new GuestException(VECTOR.protection, errorCode);
}
