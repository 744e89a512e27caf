/**
 * The object manager of a synthetic NT guest: types, headers with their optional parts, folders, and the tables by which
 * the kernel finds them.
 */
import type { NtGuest } from './nt-guest.js';
import type { NtValues } from './nt-memory.js';
import { tagNumber } from './nt-pool.js';

interface TypeTruth {
  readonly tag: string;
  /** What an object of the type is; those without one are as large as `size` says. */
  readonly struct?: string;
  readonly size?: number;
}

/** In the order in which NT makes them, as far as they are here; the first has index 2. */
const TYPES: Readonly<Record<string, TypeTruth>> = {
  Type: { tag: 'ObjT', struct: '_OBJECT_TYPE' },
  Directory: { tag: 'Dire', struct: '_OBJECT_DIRECTORY' },
  SymbolicLink: { tag: 'Symb', struct: '_OBJECT_SYMBOLIC_LINK' },
  Token: { tag: 'Toke', struct: '_TOKEN' },
  Job: { tag: 'Job ', struct: '_EJOB' },
  Process: { tag: 'Proc', struct: '_EPROCESS' },
  Thread: { tag: 'Thre', struct: '_ETHREAD' },
  Event: { tag: 'Even', struct: '_KEVENT' },
  Mutant: { tag: 'Muta', struct: '_KMUTANT' },
  Semaphore: { tag: 'Sema', struct: '_KSEMAPHORE' },
  WindowStation: { tag: 'Wind', size: 0x98 },
  Desktop: { tag: 'Desk', size: 0xf0 },
  Section: { tag: 'Sect', size: 0x40 },
  Device: { tag: 'Devi', struct: '_DEVICE_OBJECT' },
  Driver: { tag: 'Driv', struct: '_DRIVER_OBJECT' },
  File: { tag: 'File', struct: '_FILE_OBJECT' },
  Key: { tag: 'Key ', struct: '_CM_KEY_BODY' },
};

const FIRST_INDEX = 2;
/** Optional parts before a header, the nearest first: the bit in InfoMask and the structure. */
const PARTS = [
  [1, '_OBJECT_HEADER_CREATOR_INFO'],
  [2, '_OBJECT_HEADER_NAME_INFO'],
  [4, '_OBJECT_HEADER_HANDLE_INFO'],
  [8, '_OBJECT_HEADER_QUOTA_INFO'],
  [16, '_OBJECT_HEADER_PROCESS_INFO'],
] as const;
const CREATOR = 1;
const NAME = 2;
const QUOTA = 8;
const BUCKETS = 37;
/** Drawn at boot from Windows 10 on. */
const COOKIE = 0xa7;
const KERNEL_VARIABLES: Readonly<Record<string, string>> = {
  Type: 'ObpTypeObjectType',
  Directory: 'ObpDirectoryObjectType',
  SymbolicLink: 'ObpSymbolicLinkObjectType',
  Token: 'SeTokenObjectType',
  Process: 'PsProcessType',
  Thread: 'PsThreadType',
  Event: 'ExEventObjectType',
  Mutant: 'ExMutantObjectType',
  Semaphore: 'ExSemaphoreObjectType',
  Section: 'MmSectionObjectType',
  Device: 'IoDeviceObjectType',
  Driver: 'IoDriverObjectType',
  File: 'IoFileObjectType',
  Key: 'CmKeyObjectType',
};

export interface ObjectOptions {
  /** `\Device\Null`; its folders come into being. */
  readonly path?: string;
  readonly values?: NtValues;
  /** Bytes behind the structure. */
  readonly extra?: number;
}

export class NtObjects {
  readonly #guest: NtGuest;
  readonly #types = new Map<string, bigint>();
  readonly #counts = new Map<string, number>();
  readonly #named = new Map<string, bigint>();

  constructor(guest: NtGuest) {
    this.#guest = guest;
    const { memory } = guest;
    this.#writePartOffsets();
    if (guest.types.rva('ObHeaderCookie') !== undefined) memory.integer(guest.symbol('ObHeaderCookie'), 4, COOKIE);
    for (const name of Object.keys(TYPES)) this.#types.set(name, this.#allocate('Type', CREATOR | NAME, 0));
    const table = guest.symbol('ObTypeIndexTable');
    memory.pointer(table + 8n, 0xbad0_b0b0n);
    [...this.#types].forEach(([name, type], index) => {
      const { tag } = TYPES[name] as TypeTruth;
      memory.set(type, '_OBJECT_TYPE', { Index: FIRST_INDEX + index, Key: tagNumber(tag) });
      guest.setUnicode(type, '_OBJECT_TYPE', 'Name', name);
      memory.ring([memory.at(type, '_OBJECT_TYPE', 'TypeList')]);
      memory.pointer(table + BigInt((FIRST_INDEX + index) * 8), type);
      const variable = KERNEL_VARIABLES[name] ?? '';
      if (guest.types.rva(variable) !== undefined) memory.pointer(guest.symbol(variable), type);
    });
    const root = this.#allocate('Directory', NAME, 0);
    this.#named.set('', root);
    this.#name(root, '\\', 0n);
    guest.memory.pointer(guest.symbol('ObpRootDirectoryObject'), root);
    for (const [name, type] of this.#types) {
      this.#header(type, 'Type', CREATOR | NAME);
      this.#insert(type, `\\ObjectTypes\\${name}`);
    }
    for (const name of ['Device', 'Driver', 'BaseNamedObjects', 'GLOBAL??', 'KnownDlls']) this.#directory(`\\${name}`);
  }

  /** Address of the body of a new object. */
  make(type: string, { path, values = {}, extra = 0 }: ObjectOptions = {}): bigint {
    const body = this.#allocate(type, path === undefined ? QUOTA : NAME | QUOTA, extra);
    const { struct } = TYPES[type] as TypeTruth;
    if (struct !== undefined) this.#guest.memory.set(body, struct, values);
    if (path !== undefined) this.#insert(body, path);
    return body;
  }

  /** The named object at `path`; undefined when there is none. */
  find(path: string): bigint | undefined {
    return this.#named.get(path);
  }

  /** The object's header. */
  header(body: bigint): bigint {
    return body - BigInt(this.#guest.types.member('_OBJECT_HEADER', 'Body').offset);
  }

  /** Tells the type of an object that a handle refers to. */
  addHandle(body: bigint): void {
    const { memory } = this.#guest;
    const address = memory.at(this.header(body), '_OBJECT_HEADER', 'HandleCount');
    memory.integer(address, 8, memory.read(address, 8).readBigUInt64LE() + 1n);
  }

  #allocate(type: string, mask: number, extra: number): bigint {
    const { memory, types, pool } = this.#guest;
    const { tag, struct, size = struct === undefined ? 0 : types.size(struct) } = TYPES[type] as TypeTruth;
    const parts = partsSize(this.#guest, mask);
    const bodyOffset = types.member('_OBJECT_HEADER', 'Body').offset;
    const block = pool.allocate(tag, parts + bodyOffset + size + extra);
    const body = block + BigInt(parts + bodyOffset);
    if ((mask & QUOTA) !== 0) {
      const info = this.header(body) - BigInt(partsSize(this.#guest, mask & (QUOTA | (QUOTA - 1))));
      memory.set(info, '_OBJECT_HEADER_QUOTA_INFO', { PagedPoolCharge: 0x1000, NonPagedPoolCharge: size });
    }
    if (type !== 'Type') this.#header(body, type, mask);
    return body;
  }

  #header(body: bigint, type: string, mask: number): void {
    const { memory, types } = this.#guest;
    const header = this.header(body);
    const index = FIRST_INDEX + [...this.#types.keys()].indexOf(type);
    const hasCookie = types.rva('ObHeaderCookie') !== undefined;
    const stored = hasCookie ? index ^ COOKIE ^ Number((header >> 8n) & 0xffn) : index;
    memory.set(header, '_OBJECT_HEADER', { PointerCount: 3, TypeIndex: stored, InfoMask: mask });
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    memory.set(this.#types.get(type) as bigint, '_OBJECT_TYPE', { TotalNumberOfObjects: count });
  }

  #insert(body: bigint, path: string): void {
    const slash = path.lastIndexOf('\\');
    const folder = this.#directory(path.slice(0, slash));
    const name = path.slice(slash + 1);
    this.#named.set(path, body);
    this.#name(body, name, folder);
    const { memory, pool, types } = this.#guest;
    const bucket = folder + BigInt((hash(name) % BUCKETS) * 8);
    const entry = pool.allocate('ObDi', types.size('_OBJECT_DIRECTORY_ENTRY'), true);
    const next = memory.read(bucket, 8).readBigUInt64LE();
    memory.set(entry, '_OBJECT_DIRECTORY_ENTRY', { ChainLink: next, Object: body });
    memory.setKnown(entry, '_OBJECT_DIRECTORY_ENTRY', { HashValue: hash(name) });
    memory.pointer(bucket, entry);
  }

  #name(body: bigint, name: string, folder: bigint): void {
    const { memory, types } = this.#guest;
    const header = this.header(body);
    const mask = memory.read(memory.at(header, '_OBJECT_HEADER', 'InfoMask'), 1)[0] ?? 0;
    const info = header - BigInt(partsSize(this.#guest, mask & (CREATOR | NAME)));
    memory.set(info, '_OBJECT_HEADER_NAME_INFO', { Directory: folder });
    if (types.has('_OBJECT_HEADER_NAME_INFO', 'Name'))
      this.#guest.setUnicode(info, '_OBJECT_HEADER_NAME_INFO', 'Name', name);
  }

  #directory(path: string): bigint {
    return this.#named.get(path) ?? this.make('Directory', { path });
  }

  /** ObpInfoMaskToOffset: for each mask the distance from the header to the part of its highest bit. */
  #writePartOffsets(): void {
    const { memory, types } = this.#guest;
    if (types.rva('ObpInfoMaskToOffset') === undefined) return;
    const table = Buffer.from(Array.from({ length: 64 }, (_, mask) => partsSize(this.#guest, mask)));
    memory.write(this.#guest.symbol('ObpInfoMaskToOffset'), table);
  }
}

function partsSize({ types }: NtGuest, mask: number): number {
  return PARTS.reduce((sum, [bit, struct]) => sum + ((mask & bit) === 0 ? 0 : types.size(struct)), 0);
}

/** NT's hash of names in folders, as far as it matters: equal for names that differ in case only. */
function hash(name: string): number {
  let value = 0;
  for (const character of name.toUpperCase()) value = (value * 3 + (value >>> 1) + character.charCodeAt(0)) >>> 0;
  return value;
}
