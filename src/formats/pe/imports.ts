/** The import tables of a portable executable: what it needs of other images, and where the loader put the addresses. */
import { latin1Text, u32, u64 } from '../../core/bytes.js';
import { directoryIndex, importDescriptor } from './layout.js';
import type { PeImage } from './pe-image.js';

export interface PeImport {
  /** `KERNEL32.dll`. */
  readonly library: string;
  /** Undefined where only the ordinal is given, or the name is not in memory. */
  readonly name: string | undefined;
  readonly ordinal: number | undefined;
  /** RVA of the slot that the loader fills. */
  readonly slot: number;
  /** What stands in the slot: an address once the image is loaded. */
  readonly value: bigint;
}

const MAX_LIBRARIES = 1024;
const MAX_FUNCTIONS = 16_384;
const MAX_NAME = 512;

/** The functions that are imported, in the order of the tables. Tables that are not in memory are left out. */
export function* peImports(image: PeImage): Generator<PeImport> {
  const place = image.directory(directoryIndex.imports);
  if (place === undefined) return;
  for (let index = 0; index < MAX_LIBRARIES; index++) {
    const bytes = image.bytes(place.rva + index * importDescriptor.size, importDescriptor.size);
    const descriptor = importDescriptor.decode(bytes);
    if (descriptor === undefined || descriptor.nameRva === 0 || descriptor.addressesRva === 0) return;
    const library = latin1Text(image.bytes(descriptor.nameRva, MAX_NAME));
    yield* functionsOf(image, library, descriptor.namesRva, descriptor.addressesRva);
  }
}

function* functionsOf(image: PeImage, library: string, namesRva: number, addressesRva: number): Generator<PeImport> {
  const size = image.headers.is64Bit ? 8 : 4;
  const word = (bytes: Uint8Array) => (size === 8 ? u64(bytes, 0) : BigInt(u32(bytes, 0)));
  for (let index = 0; index < MAX_FUNCTIONS; index++) {
    const slot = addressesRva + index * size;
    const bytes = image.bytes(slot, size);
    if (bytes.length < size) return;
    const value = word(bytes);
    // Some linkers write no table of names; the names are lost when the image is loaded.
    const names = image.bytes((namesRva === 0 ? addressesRva : namesRva) + index * size, size);
    const wanted = names.length < size ? undefined : word(names);
    if (value === 0n || wanted === 0n) return;
    yield { library, ...importName(image, namesRva === 0 ? undefined : wanted, size), slot, value };
  }
}

function importName(image: PeImage, wanted: bigint | undefined, size: number) {
  const nothing = { name: undefined, ordinal: undefined };
  if (wanted === undefined) return nothing;
  if (wanted >> BigInt(size * 8 - 1) === 1n) return { name: undefined, ordinal: Number(wanted & 0xffffn) };
  // A hint of two bytes stands before the name.
  const bytes = image.bytes(Number(wanted & 0x7fff_ffffn), 2 + MAX_NAME);
  if (bytes.length < 3) return nothing;
  return { name: latin1Text(bytes.subarray(2)), ordinal: undefined };
}
