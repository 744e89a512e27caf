/** The export table of a portable executable: the names under which other images find its functions and variables. */
import { latin1Text, u16, u32 } from '../../core/bytes.js';
import { directoryIndex, exportDirectory } from './layout.js';
import type { PeImage } from './pe-image.js';

export interface PeExport {
  readonly name: string;
  readonly rva: number;
}

/** Ordinals have 16 bits, so that no table has more. */
const MAX_EXPORTS = 65_536;
const MAX_NAME = 256;

/** The name that the image exports under (`ntoskrnl.exe`); undefined when it has no export table or it is not readable. */
export function exportingName(image: PeImage): string | undefined {
  const table = directoryOf(image);
  return table && textAt(image, table.nameRva);
}

/** Everything exported by name, in the table's order. Names that are not in memory are left out, and forwarders. */
export function peExports(image: PeImage): PeExport[] {
  const table = directoryOf(image);
  const place = image.directory(directoryIndex.exports);
  if (table === undefined || place === undefined) return [];
  const count = Math.min(table.nameCount, MAX_EXPORTS);
  const names = image.bytes(table.namesRva, count * 4).slice();
  const ordinals = image.bytes(table.ordinalsRva, count * 2).slice();
  const functions = image.bytes(table.functionsRva, Math.min(table.functionCount, MAX_EXPORTS) * 4).slice();
  // Names lie inside the directory, behind the tables: one read serves them all.
  const strings = image.bytes(place.rva, place.size).slice();
  const out: PeExport[] = [];
  for (let index = 0; index * 4 + 4 <= names.length && index * 2 + 2 <= ordinals.length; index++) {
    const slot = u16(ordinals, index * 2) * 4;
    if (slot + 4 > functions.length) continue;
    const rva = u32(functions, slot);
    const isForwarder = rva >= place.rva && rva < place.rva + place.size;
    if (rva === 0 || isForwarder) continue;
    const at = u32(names, index * 4) - place.rva;
    const inside = at >= 0 && at < strings.length;
    const name = inside ? latin1Text(strings.subarray(at, at + MAX_NAME)) : textAt(image, at + place.rva);
    if (name !== undefined && name !== '') out.push({ name, rva });
  }
  return out;
}

function directoryOf(image: PeImage) {
  const place = image.directory(directoryIndex.exports);
  return place && exportDirectory.decode(image.bytes(place.rva, exportDirectory.size));
}

function textAt(image: PeImage, rva: number): string | undefined {
  const bytes = image.bytes(rva, MAX_NAME);
  return bytes.length === 0 ? undefined : latin1Text(bytes);
}
