/** Microsoft cabinets, in which symbol servers keep files packed (`.pd_`). They are told apart only, not unpacked. */
import { u32 } from '../../core/bytes.js';

/** "MSCF". */
const MAGIC = 0x4643_534d;

export function isCabinet(head: Uint8Array): boolean {
  return head.length >= 4 && u32(head, 0) === MAGIC;
}
