// A conformance case and its outcome, and their packing into records. The case says what runs and from which state;
// what it should yield comes from a processor, never from here.

import {
  CASE_BYTES,
  CASE_CODE,
  CASE_CODE_BYTES,
  CASE_STATE,
  RESULT_BYTES,
  RESULT_STATE,
  STATE_BYTES,
} from './record.js';
import { StateImage } from './state-image.js';

export interface ConformanceCase {
  /** What is tested, for people: mnemonic and form. */
  readonly name: string;
  readonly mode: 64 | 32;
  readonly code: Uint8Array;
  readonly state: StateImage;
  /** RFLAGS bits that the manuals leave undefined after it. */
  readonly undefinedFlags?: number;
  /** x87 status bits (condition codes) that are left undefined after it. */
  readonly undefinedStatus?: number;
  /** The same when the case ends with a fault. */
  readonly undefinedStatusAfterFault?: number;
  /** x87 results may differ by one unit in the last place. */
  readonly approximate?: boolean;
  /** The memory operand is longer than any one access. */
  readonly wideAccess?: boolean;
  /** Ranges of the data window, [from, to), that no two processors fill alike. */
  readonly ignoredWindow?: readonly (readonly [number, number])[];
}

export interface Outcome {
  /** The exception that ended the case; 3 with RIP behind the code when it ran to its end. */
  readonly vector: number;
  readonly errorCode: number;
  /** CR2 for a page fault, else 0. */
  readonly faultAddress: bigint;
  readonly state: StateImage;
}

/** Packs cases into the records that the host program reads. Throws RangeError when a case's code is too long. */
export function encodeCases(cases: readonly ConformanceCase[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * CASE_BYTES);
  for (const [i, test] of cases.entries()) {
    const at = i * CASE_BYTES;
    if (test.code.length > CASE_CODE_BYTES)
      throw new RangeError(`${test.name}: the code is longer than a record holds`);
    bytes[at] = test.mode;
    bytes[at + 1] = test.code.length;
    bytes.set(test.code, at + CASE_CODE);
    bytes.set(test.state.bytes, at + CASE_STATE);
  }
  return bytes;
}

/** Unpacks result records. Throws RangeError when `bytes` does not hold exactly `count` of them. */
export function decodeOutcomes(bytes: Uint8Array, count: number): Outcome[] {
  if (bytes.length !== count * RESULT_BYTES) {
    throw new RangeError(`${count} results expected, ${bytes.length / RESULT_BYTES} came`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: count }, (_, i) => {
    const at = i * RESULT_BYTES;
    return {
      vector: view.getUint32(at, true),
      errorCode: view.getUint32(at + 4, true),
      faultAddress: view.getBigUint64(at + 8, true),
      state: new StateImage(bytes.subarray(at + RESULT_STATE, at + RESULT_STATE + STATE_BYTES)),
    };
  });
}
