/**
 * What a guest did, in the form in which QEMU's trace and our events can be compared: instructions with the accesses that
 * they made, exceptions and software interrupts as they are delivered.
 */

export interface Step {
  readonly kind: 'step';
  readonly address: bigint;
  readonly length: number;
  /** 'R' or 'W', address, bytes (at most 8) and physical address, in the order in which they were made. */
  accesses: string[];
  /** The instruction also made accesses of the processor's own (descriptors, frames): QEMU does not tell them apart. */
  isImplicit: boolean;
  /** Where a branch, a system call or a return of this instruction led; QEMU's trace leaves that to be inferred. */
  to: bigint | undefined;
}

export interface Delivery {
  readonly kind: 'delivery';
  readonly vector: number;
  readonly isSoftware: boolean;
  /** 0 where the vector has none. */
  readonly errorCode: number;
  /** Of a page fault, else 0. */
  readonly faultAddress: bigint;
}

export type Item = Step | Delivery;

const WIDEST = 8;

/** An access as text; wide ones in the pieces that QEMU makes of them. */
export function accessTexts(kind: 'R' | 'W', address: bigint, bytes: number, physical: number): string[] {
  if (bytes <= WIDEST) return [`${kind} ${address.toString(16)} ${bytes} ${physical.toString(16)}`];
  return [
    ...accessTexts(kind, address, WIDEST, physical),
    ...accessTexts(kind, address + BigInt(WIDEST), bytes - WIDEST, physical + WIDEST),
  ];
}

export function describeItem(item: Item | undefined): string {
  if (item === undefined) return 'the end';
  if (item.kind === 'step') return `${item.address.toString(16)} (${item.length} bytes): ${item.accesses.join(', ')}`;
  const { vector, isSoftware, errorCode, faultAddress } = item;
  const how = isSoftware ? 'INT' : 'exception';
  return `${how} ${vector}, error code 0x${errorCode.toString(16)}, CR2 0x${faultAddress.toString(16)}`;
}
