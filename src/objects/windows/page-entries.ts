/**
 * What NT keeps in page-table entries that the processor ignores, as far as the page behind them is still in memory.
 * Source: _MMPTE_TRANSITION in Microsoft's public symbols (5.1 to 10.0).
 */
import type { PhysicalAddress } from '../../core/address.js';

/** Bit 10 makes it a prototype (the page is found through the section), bit 11 a page on its way out. */
const PROTOTYPE = 1n << 10n;
const TRANSITION = 1n << 11n;
/** Frames below 256 TiB; above are bits that newer kernels flip against speculation. */
const FRAME = 0x0000_ffff_ffff_f000n;

/** Where the page lies that `entry` has left for the standby or modified list; undefined for all other entries. */
export function transitionPage(entry: bigint): PhysicalAddress | undefined {
  if ((entry & TRANSITION) === 0n || (entry & PROTOTYPE) !== 0n) return undefined;
  return Number(entry & FRAME);
}
