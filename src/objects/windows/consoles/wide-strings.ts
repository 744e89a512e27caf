/**
 * Microsoft's std::wstring, std::vector and std::list on amd64, as far as their members can be told from outside. Read without
 * the fault log: most of what is looked at is none.
 */
import { u32, u64, utf16Text } from '../../../core/bytes.js';
import type { AddressSpace } from '../../../memory/address-space.js';

/** sizeof(std::wstring): 16 bytes of text or a pointer to it, length, capacity. */
export const STRING_SIZE = 0x20;
const LENGTH = 0x10;
const CAPACITY = 0x18;
/** Longer texts lie elsewhere. */
const IN_PLACE = 7n;
const MAX_CHARACTERS = 32_768n;
const MAX_NODES = 100_000;

/** The text of the std::wstring at `address`; undefined for what is none. */
export function wideString(space: AddressSpace, address: bigint): string | undefined {
  const record = space.view(address, STRING_SIZE)?.slice();
  if (record === undefined) return undefined;
  const length = u64(record, LENGTH);
  const capacity = u64(record, CAPACITY);
  if (length > capacity || capacity < IN_PLACE || length > MAX_CHARACTERS) return undefined;
  if (length === 0n) return '';
  const bytes = capacity === IN_PLACE ? record : space.view(u64(record, 0), Number(length) * 2);
  const text = bytes && utf16Text(bytes.subarray(0, Number(length) * 2));
  return text?.length === Number(length) ? text : undefined;
}

/** The nodes of the std::list at `address` (head, size); undefined when it is none: the ring has to have as many as it says. */
export function listNodes(space: AddressSpace, address: bigint): bigint[] | undefined {
  const head = pointerAt(space, address);
  const size = pointerAt(space, address + 8n);
  if (head === undefined || head === 0n || size === undefined || size > MAX_NODES) return undefined;
  const nodes: bigint[] = [];
  let previous = head;
  for (let node = pointerAt(space, head); nodes.length <= Number(size); node = pointerAt(space, node)) {
    if (node === undefined || pointerAt(space, node + 8n) !== previous) return undefined;
    if (node === head) return nodes.length === Number(size) ? nodes : undefined;
    nodes.push(node);
    previous = node;
  }
  return undefined;
}

export function pointerAt(space: AddressSpace, address: bigint): bigint | undefined {
  const bytes = space.view(address, 8);
  return bytes && u64(bytes, 0);
}

export function wordAt(space: AddressSpace, address: bigint): number | undefined {
  const bytes = space.view(address, 4);
  return bytes && u32(bytes, 0);
}
