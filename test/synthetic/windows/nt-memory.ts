/**
 * The memory of a synthetic NT guest: pages that come into being where something is written, in the kernel's half or in
 * the lower half of a process, and page tables that say so.
 */
import { PageTables } from '../page-tables.js';
import type { NtMember, NtTypes } from './nt-types.js';

const PAGE = 4096;
const LOW_MEMORY = 0x10_0000;
/** Where NT maps a process's page tables into itself; from 10.0.14393 on at an index drawn at boot. */
const SELF_MAP = { fixed: 0x1ed, drawn: 0x1f7 } as const;
const FIRST_DRAWN = 14393;

/** Values of members by path: integers, addresses, or text for arrays of `char`. */
export type NtValues = Readonly<Record<string, number | bigint | string>>;

/** What is mapped in one address space. */
export class NtSpace {
  readonly tables: PageTables;
  readonly frames = new Map<bigint, number>();

  constructor(tables: PageTables) {
    this.tables = tables;
  }
}

export interface PageRights {
  readonly user?: boolean;
  readonly writable?: boolean;
  readonly executable?: boolean;
}

export class NtMemory {
  readonly types: NtTypes;
  readonly kernel: NtSpace;
  readonly #bytes: Buffer;
  readonly #selfMap: number;
  #next = LOW_MEMORY;

  /** @param size bytes of physical memory; what is written must fit */
  constructor(types: NtTypes, size: number) {
    this.types = types;
    this.#bytes = Buffer.alloc(size);
    this.#selfMap = types.buildNumber < FIRST_DRAWN ? SELF_MAP.fixed : SELF_MAP.drawn;
    this.kernel = this.#space();
  }

  /** All of it up to the last page in use, a whole number of MiB. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, Math.ceil(this.#next / 2 ** 20) * 2 ** 20);
  }

  /** A process's space: the kernel's half as it is by now, and nothing below. */
  newSpace(): NtSpace {
    const space = this.#space();
    space.tables.shareKernelHalf(this.kernel.tables);
    this.#mapSelf(space);
    return space;
  }

  takePage(): number {
    const page = this.#next;
    this.#next += PAGE;
    if (this.#next > this.#bytes.length) throw new Error('the synthetic guest has no memory left');
    return page;
  }

  /** Makes sure that a page is there, with these rights when it is new. Its physical address. */
  page(space: NtSpace, address: bigint, rights: PageRights = {}): number {
    const number = address >> 12n;
    const owner = address >> 63n === 0n ? space : this.kernel;
    const known = owner.frames.get(number);
    if (known !== undefined) return known;
    const physical = this.takePage();
    owner.tables.map(number << 12n, physical, { user: owner !== this.kernel, ...rights });
    owner.frames.set(number, physical);
    return physical;
  }

  write(address: bigint, bytes: Uint8Array, space = this.kernel, rights: PageRights = {}): void {
    for (let done = 0; done < bytes.length; ) {
      const at = address + BigInt(done);
      const inPage = Number(at & 0xfffn);
      const part = bytes.subarray(done, done + PAGE - inPage);
      this.#bytes.set(part, this.page(space, at, rights) + inPage);
      done += part.length;
    }
  }

  read(address: bigint, length: number, space = this.kernel): Buffer {
    const out = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const at = address + BigInt(done);
      const inPage = Number(at & 0xfffn);
      const count = Math.min(length - done, PAGE - inPage);
      const from = this.page(space, at) + inPage;
      this.#bytes.copy(out, done, from, from + count);
      done += count;
    }
    return out;
  }

  writePhysical(address: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, address);
  }

  integer(address: bigint, size: number, value: bigint | number, space = this.kernel): void {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index++) bytes[index] = Number((BigInt(value) >> BigInt(index * 8)) & 0xffn);
    this.write(address, bytes, space);
  }

  pointer(address: bigint, value: bigint, space = this.kernel): void {
    this.integer(address, 8, value, space);
  }

  /** Writes members of the structure at `address`. */
  set(address: bigint, struct: string, values: NtValues, space = this.kernel): void {
    for (const [path, value] of Object.entries(values)) {
      const member = this.types.member(struct, path);
      const at = address + BigInt(member.offset);
      if (typeof value === 'string') this.write(at, Buffer.from(value.slice(0, member.size), 'latin1'), space);
      else if (member.bits !== undefined) this.#bits(at, member, BigInt(value), space);
      else this.integer(at, Math.min(member.size, 8), value, space);
    }
  }

  /** Like `set`, for members that not every build has. */
  setKnown(address: bigint, struct: string, values: NtValues, space = this.kernel): void {
    const known = Object.entries(values).filter(([path]) => this.types.has(struct, path));
    this.set(address, struct, Object.fromEntries(known), space);
  }

  /** Address of a member. */
  at(address: bigint, struct: string, path: string): bigint {
    return address + BigInt(this.types.member(struct, path).offset);
  }

  /** Links `LIST_ENTRY`s into a ring, the first being the head. */
  ring(entries: readonly bigint[], space = this.kernel): void {
    entries.forEach((entry, index) => {
      const next = entries[(index + 1) % entries.length] ?? entry;
      this.pointer(entry, next, space);
      this.pointer(next + 8n, entry, space);
    });
  }

  #bits(address: bigint, { size, bits }: NtMember, value: bigint, space: NtSpace): void {
    const { position, length } = bits as NonNullable<NtMember['bits']>;
    const mask = ((1n << BigInt(length)) - 1n) << BigInt(position);
    const old = this.read(address, size, space).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    this.integer(address, size, (old & ~mask) | ((value << BigInt(position)) & mask), space);
  }

  #space(): NtSpace {
    const space = new NtSpace(new PageTables(this.#bytes, 64, () => this.takePage()));
    this.#mapSelf(space);
    return space;
  }

  #mapSelf({ tables }: NtSpace): void {
    this.#bytes.writeBigUInt64LE(BigInt(tables.root) | 0x8000_0000_0000_0063n, tables.root + this.#selfMap * 8);
  }
}
