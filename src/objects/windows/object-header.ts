/**
 * The header that the object manager puts before every object: its type, its name, and the folder it is named in.
 * Source: _OBJECT_HEADER in Microsoft's public symbols; ReactOS's NDK (obtypes.h) for 5.2.
 */
import { u8, u32 } from '../../core/bytes.js';
import { readBytes, readPointer, StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { unicodeString } from './unicode-string.js';

/** InfoMask (6.1 and later) has a bit for each optional part before the header, the nearest one lowest. */
const CREATOR_BIT = 1;
const NAME_BIT = 2;
/** Folders nest a handful deep. */
const MAX_DEPTH = 16;

/** The header of the object whose body is at `body`. */
export function objectHeader(kernel: WindowsKernel, body: bigint): StructView {
  return new StructView(kernel, '_QUAD', body).containedIn('_OBJECT_HEADER', 'Body');
}

/** Address of the object itself. */
export function objectBody(header: StructView): bigint {
  return header.addressOf('Body');
}

/** Name of the object's type (`File`, `Key`); undefined when it cannot be read. */
export function objectTypeName(kernel: WindowsKernel, header: StructView): string | undefined {
  const type = objectTypeAddress(kernel, header);
  if (type === undefined || type === 0n) return undefined;
  const names = kernel.memo(TYPE_NAMES, () => new Map<bigint, string | undefined>());
  if (!names.has(type)) names.set(type, unicodeString(kernel.struct('_OBJECT_TYPE', type), 'Name', kernel, 256));
  return names.get(type);
}

const TYPE_NAMES = Symbol('names of object types');

/** Address of the object's type; undefined when it cannot be read. What stands there need not be a type. */
export function objectTypeAddress(kernel: WindowsKernel, header: StructView): bigint | undefined {
  if (header.has('Type')) return header.ptr('Type');
  const stored = header.num('TypeIndex');
  return stored === undefined ? undefined : indexedType(kernel, typeIndex(kernel, header.address, stored));
}

/**
 * A test for headers of objects of the type at `type`, by bytes that were read already: those at `at`, which lie at `address`.
 * The same answer as `objectTypeAddress`, for scanners that ask it of every place.
 */
export function typeTest(
  kernel: WindowsKernel,
  type: bigint,
): (bytes: Uint8Array, at: number, address: bigint) => boolean {
  const header = kernel.struct('_OBJECT_HEADER', 0n);
  if (header.has('Type')) {
    const { offset } = header.field('Type');
    const [low, high] = [Number(type & 0xffff_ffffn), Number(type >> 32n)];
    if (kernel.profile.pointerSize === 4) return (bytes, at) => u32(bytes, at + offset) === low;
    return (bytes, at) => u32(bytes, at + offset) === low && u32(bytes, at + offset + 4) === high;
  }
  const { offset } = header.field('TypeIndex');
  const stored = new Set<number>();
  for (let index = 0; index < 0x100; index++) if (indexedType(kernel, index) === type) stored.add(index);
  return (bytes, at, address) => stored.has(typeIndex(kernel, address, u8(bytes, at + offset)));
}

/** The type with this index; undefined when there is none. */
function indexedType(kernel: WindowsKernel, index: number): bigint | undefined {
  const table = kernel.address('ObTypeIndexTable');
  return table === undefined ? undefined : readPointer(kernel, table + BigInt(index * kernel.profile.pointerSize));
}

/** Windows 10 hides the index behind a cookie and the second byte of the header's address. */
function typeIndex(kernel: WindowsKernel, header: bigint, stored: number): number {
  const cookie = kernel.memo(COOKIE, () => headerCookie(kernel));
  return cookie === undefined ? stored : stored ^ cookie ^ addressByte(header);
}

const COOKIE = Symbol('ObHeaderCookie');
const addressByte = (header: bigint) => Number((header >> 8n) & 0xffn);

/** The cookie; undefined for builds that have none. Where no symbol leads to it, the System process's header gives it away. */
function headerCookie(kernel: WindowsKernel): number | undefined {
  const variable = kernel.address('ObHeaderCookie');
  const bytes = variable === undefined ? undefined : readBytes(kernel, variable, 1);
  if (bytes !== undefined) return u8(bytes, 0);
  if (!kernel.profile.release.startsWith('10.')) return undefined;
  const processType = kernel.globalPointer('PsProcessType');
  const index = processType === undefined ? undefined : kernel.struct('_OBJECT_TYPE', processType).num('Index');
  const system = objectHeader(kernel, kernel.systemProcess.address);
  const stored = system.num('TypeIndex');
  return index === undefined || stored === undefined ? undefined : stored ^ index ^ addressByte(system.address);
}

/** The part that names the object; undefined for objects without a name. */
function nameInfo(kernel: WindowsKernel, header: StructView): StructView | undefined {
  const distance = nameDistance(kernel, header);
  return distance === 0 ? undefined : kernel.struct('_OBJECT_HEADER_NAME_INFO', header.address - BigInt(distance));
}

function nameDistance(kernel: WindowsKernel, header: StructView): number {
  if (header.has('NameInfoOffset')) return header.num('NameInfoOffset') ?? 0;
  const mask = header.num('InfoMask') ?? 0;
  if ((mask & NAME_BIT) === 0) return 0;
  const creator = (mask & CREATOR_BIT) === 0 ? 0 : kernel.struct('_OBJECT_HEADER_CREATOR_INFO', 0n).size;
  return creator + kernel.struct('_OBJECT_HEADER_NAME_INFO', 0n).size;
}

/** Optional parts whose sizes are known, by their bits, the nearest to the header first. */
const PARTS = [
  [CREATOR_BIT, '_OBJECT_HEADER_CREATOR_INFO'],
  [NAME_BIT, '_OBJECT_HEADER_NAME_INFO'],
  [4, '_OBJECT_HEADER_HANDLE_INFO'],
  [8, '_OBJECT_HEADER_QUOTA_INFO'],
  [16, '_OBJECT_HEADER_PROCESS_INFO'],
] as const;
const KNOWN_PARTS = 31;

/**
 * Whether `distance` bytes before the header hold the optional parts that it says it has: exactly these where all are
 * known. The parts of an object look like headers at times: an index of a type is but one byte.
 */
export function fitsBehind(kernel: WindowsKernel, header: StructView, distance: number): boolean {
  if (!header.has('InfoMask')) return nameDistance(kernel, header) <= distance;
  const mask = header.num('InfoMask') ?? 0;
  const known = PARTS.reduce((sum, [bit, part]) => sum + ((mask & bit) === 0 ? 0 : kernel.struct(part, 0n).size), 0);
  return (mask & ~KNOWN_PARTS) === 0 ? known === distance : known <= distance;
}

/** The object's own name, without folders; undefined for objects without one. */
export function objectName(kernel: WindowsKernel, header: StructView): string | undefined {
  const info = nameInfo(kernel, header);
  const name = info && unicodeString(info, 'Name');
  return name === '' ? undefined : name;
}

/** The name with its folders: `\BaseNamedObjects\Event`; undefined for objects without a name. */
export function objectPath(kernel: WindowsKernel, header: StructView): string | undefined {
  const parts: string[] = [];
  let current: StructView | undefined = header;
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined; depth++) {
    const info = nameInfo(kernel, current);
    const name: string | undefined = info && unicodeString(info, 'Name');
    if (info === undefined || name === undefined || name === '') break;
    // The root folder is called "\" and is in no other.
    if (name === '\\') return `\\${parts.join('\\')}`;
    parts.unshift(name);
    const folder: bigint | undefined = info.ptr('Directory');
    if (folder === undefined || folder === 0n) break;
    current = objectHeader(kernel, folder);
  }
  return parts.length === 0 ? undefined : parts.join('\\');
}
