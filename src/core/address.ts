/**
 * Branded addresses, so that a virtual address is never handed to something that wants a physical one.
 *
 * Virtual addresses are bigints (64 bits); physical addresses and file offsets are numbers (52 bits fit a double
 * exactly). Hot loops convert once at their edge and work on typed arrays inside.
 */

declare const virtual: unique symbol;
declare const physical: unique symbol;

/** A virtual address, 0 <= a < 2^64 (32-bit spaces: < 2^32). Canonical addresses keep their upper bits. */
export type VirtualAddress = bigint & { readonly [virtual]?: true };

/** A guest-physical address in bytes, 0 <= a < 2^52. */
export type PhysicalAddress = number & { readonly [physical]?: true };

export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;

const MASK64 = (1n << 64n) - 1n;

/** `value` reduced to 64 bits, as address arithmetic on the processor wraps. */
export function wrap64(value: bigint): bigint {
  return value & MASK64;
}

/** `0x`-prefixed lower-case hex without padding: the one spelling of addresses in every output. */
export function hex(value: bigint | number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
