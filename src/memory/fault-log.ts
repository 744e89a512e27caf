/**
 * Counts what could not be read, so that a row made from incomplete memory can say so.
 *
 * Not an error channel: nothing is thrown. Whoever produces rows compares `count` before and after.
 */

export interface Fault {
  readonly address: bigint;
  /** The layer that had no byte there: an address space's name, or a check ("cycle in list"). */
  readonly layer: string;
}

export class FaultLog {
  /** Faults since the log began; only ever grows. */
  count = 0;
  /** The most recent fault, for messages. */
  last: Fault | undefined;

  note(address: bigint, layer: string): void {
    this.count++;
    this.last = { address, layer };
  }
}
