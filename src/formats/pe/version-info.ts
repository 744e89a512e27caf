/**
 * What an image says about itself in its version resource: numbers, and texts such as CompanyName.
 * Source: Microsoft, "PE Format" (the .rsrc section); "VS_VERSIONINFO structure" (verrsrc.h).
 */
import { u16, utf16Text } from '../../core/bytes.js';
import {
  directoryIndex,
  FIXED_FILE_INFO,
  fixedFileInfo,
  RESOURCE_DIRECTORY_BIT,
  RESOURCE_VERSION,
  resourceData,
  resourceDirectory,
  resourceEntry,
} from './layout.js';
import type { PeImage } from './pe-image.js';

export interface VersionInfo {
  /** `5.2.3790.1830`. */
  readonly fileVersion: string | undefined;
  readonly productVersion: string | undefined;
  /** CompanyName, FileDescription, OriginalFilename, … */
  readonly strings: ReadonlyMap<string, string>;
}

const MAX_ENTRIES = 4096;
const MAX_INFO = 65_536;
/** Version information nests four deep: root, StringFileInfo, language, string. */
const MAX_DEPTH = 4;

/** The version resource; undefined when the image has none or it is not in memory. */
export function versionInfo(image: PeImage): VersionInfo | undefined {
  const place = image.directory(directoryIndex.resources);
  if (place === undefined) return undefined;
  // Three levels: type, name, language. The first of each is taken.
  const names = entries(image, place.rva, 0).find(({ name }) => name === RESOURCE_VERSION);
  const languages = names && entries(image, place.rva, names.place)[0];
  const leaf = languages && entries(image, place.rva, languages.place)[0];
  if (leaf === undefined || leaf.isDirectory) return undefined;
  const data = resourceData.decode(image.bytes(place.rva + leaf.place, resourceData.size));
  const bytes = data && image.bytes(data.rva, Math.min(data.size, MAX_INFO)).slice();
  return bytes === undefined || bytes.length === 0 ? undefined : decode(bytes);
}

interface Entry {
  readonly name: number;
  readonly place: number;
  readonly isDirectory: boolean;
}

function entries(image: PeImage, base: number, directory: number): Entry[] {
  const head = resourceDirectory.decode(image.bytes(base + directory, resourceDirectory.size));
  if (head === undefined) return [];
  const count = Math.min(head.namedCount + head.idCount, MAX_ENTRIES);
  const start = base + directory + resourceDirectory.size;
  const bytes = image.bytes(start, count * resourceEntry.size).slice();
  const out: Entry[] = [];
  for (let index = 0; index < count; index++) {
    const entry = resourceEntry.decode(bytes, index * resourceEntry.size);
    if (entry === undefined) break;
    const isDirectory = (entry.place & RESOURCE_DIRECTORY_BIT) !== 0;
    out.push({ name: entry.name, place: (entry.place & ~RESOURCE_DIRECTORY_BIT) >>> 0, isDirectory });
  }
  return out;
}

function decode(bytes: Uint8Array): VersionInfo | undefined {
  const strings = new Map<string, string>();
  let fixed: ReturnType<typeof fixedFileInfo.decode>;
  // Nodes: length, length of the value, kind, key, padding, value, padding, children.
  const visit = (start: number, end: number, depth: number): void => {
    for (let at = start; at + 6 <= end; ) {
      const length = u16(bytes, at);
      if (length < 6) return;
      const stop = Math.min(at + length, end);
      const valueLength = u16(bytes, at + 2);
      const isText = u16(bytes, at + 4) === 1;
      const key = utf16Text(bytes.subarray(at + 6, stop));
      const value = align(at + 6 + (key.length + 1) * 2);
      const size = isText ? valueLength * 2 : valueLength;
      if (depth === 0) fixed = fixedFileInfo.decode(bytes.subarray(0, stop), value);
      if (depth === MAX_DEPTH - 1 && isText)
        strings.set(key, utf16Text(bytes.subarray(value, Math.min(value + size, stop))));
      else if (depth < MAX_DEPTH - 1) visit(align(value + size), stop, depth + 1);
      at = align(at + length);
    }
  };
  visit(0, bytes.length, 0);
  const numbers = fixed?.signature === FIXED_FILE_INFO ? fixed : undefined;
  return {
    fileVersion: numbers && version(numbers.fileVersionHigh, numbers.fileVersionLow),
    productVersion: numbers && version(numbers.productVersionHigh, numbers.productVersionLow),
    strings,
  };
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}

function version(high: number, low: number): string {
  return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join('.');
}
