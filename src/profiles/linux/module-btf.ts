/**
 * The split BTF of loaded modules: the kernel keeps a copy of each on a list, for BPF programs.
 *
 * Source: Linux `kernel/bpf/btf.c` (`btf_modules`, `struct btf_module`, `struct btf`), 5.11 to 6.12.
 */
import { Btf } from '../../formats/btf/btf.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import type { SymbolSource, TypeSource } from '../types.js';

const MAX_MODULES = 10_000;
/** The largest module's is 2 MB. */
const MAX_BTF = 32 * 1024 * 1024;

/** The types of each module on the list, on top of the kernel's `base`. What cannot be read is left out. */
export function* moduleTypes(
  space: AddressSpace,
  symbols: SymbolSource,
  kernel: TypeSource,
  base: Btf,
): Generator<TypeSource> {
  const head = symbols.address('btf_modules');
  const places = head === undefined ? undefined : fieldPlaces(kernel);
  if (head === undefined || places === undefined) return;
  const { pointerSize } = space;
  const pointer = (address: bigint): bigint | undefined => {
    const bytes = Buffer.alloc(pointerSize);
    if (space.read(address, bytes) < bytes.length) return undefined;
    return pointerSize === 8 ? bytes.readBigUInt64LE() : BigInt(bytes.readUInt32LE());
  };
  const seen = new Set([head]);
  let node = pointer(head);
  while (node !== undefined && !seen.has(node) && seen.size < MAX_MODULES) {
    seen.add(node);
    const btf = pointer(node - places.list + places.btf);
    const opened = btf === undefined ? undefined : readBtf(space, btf, places, pointer, base);
    // Ids of modules overlap, so that what has no name of its own is told apart by the list's order.
    if (opened !== undefined) yield new BtfTypeSource(opened, pointerSize, `m${seen.size - 1}`);
    node = pointer(node);
  }
}

interface Places {
  readonly list: bigint;
  readonly btf: bigint;
  readonly data: bigint;
  readonly dataSize: bigint;
}

function fieldPlaces(kernel: TypeSource): Places | undefined {
  const place = (struct: string, name: string): bigint | undefined => {
    const offset = kernel.struct(struct)?.fields.get(name)?.offset;
    return offset === undefined ? undefined : BigInt(offset);
  };
  const list = place('btf_module', 'list');
  const btf = place('btf_module', 'btf');
  const data = place('btf', 'data');
  const dataSize = place('btf', 'data_size');
  if (list === undefined || btf === undefined || data === undefined || dataSize === undefined) return undefined;
  return { list, btf, data, dataSize };
}

function readBtf(
  space: AddressSpace,
  btf: bigint,
  { data, dataSize }: Places,
  pointer: (address: bigint) => bigint | undefined,
  base: Btf,
): Btf | undefined {
  const start = pointer(btf + data);
  const size = Buffer.alloc(4);
  if (start === undefined || space.read(btf + dataSize, size) < 4) return undefined;
  const length = size.readUInt32LE();
  if (length > MAX_BTF) return undefined;
  const bytes = new Uint8Array(length);
  return space.read(start, bytes) === length ? Btf.open(bytes, base) : undefined;
}
