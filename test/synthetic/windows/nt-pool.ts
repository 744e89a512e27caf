/** The pool of a synthetic NT guest: blocks with headers and tags, packed into pages as NT packs them. */
import type { NtMemory } from './nt-memory.js';

const PAGE = 4096;
const GRAIN = 16;
const HEADER = 16;
/** PoolType of a block in use: its pool (0 non-paged, 1 paged) with bit 1. */
const IN_USE = 2;

export interface BigAllocation {
  readonly address: bigint;
  readonly tag: string;
  readonly size: number;
}

export class NtPool {
  /** Allocations of a page and more, which have no header; NT keeps them in PoolBigPageTable. */
  readonly big: BigAllocation[] = [];
  readonly #memory: NtMemory;
  #page: bigint;
  #used = 0;
  #previous = 0;
  #nextPage: bigint;

  constructor(memory: NtMemory, start: bigint) {
    this.#memory = memory;
    this.#page = start;
    this.#nextPage = start;
    this.#openPage();
  }

  /** `length` zeroed bytes under `tag`. */
  allocate(tag: string, length: number, paged = false): bigint {
    const total = Math.ceil((length + HEADER) / GRAIN) * GRAIN;
    if (total >= PAGE) return this.#allocatePages(tag, length);
    if (this.#used + total > PAGE) {
      this.#closePage();
      this.#openPage();
    }
    const header = this.#page + BigInt(this.#used);
    this.#header(header, tag, total, IN_USE | (paged ? 1 : 0));
    this.#used += total;
    this.#previous = total;
    return header + BigInt(HEADER);
  }

  #allocatePages(tag: string, length: number): bigint {
    const address = this.#nextPage;
    const pages = Math.ceil(length / PAGE);
    this.#nextPage += BigInt(pages * PAGE);
    for (let index = 0; index < pages; index++) this.#memory.page(this.#memory.kernel, address + BigInt(index * PAGE));
    this.big.push({ address, tag, size: pages * PAGE });
    return address;
  }

  #openPage(): void {
    this.#page = this.#nextPage;
    this.#nextPage += BigInt(PAGE);
    this.#used = 0;
    this.#previous = 0;
    this.#memory.page(this.#memory.kernel, this.#page, { executable: false });
  }

  #closePage(): void {
    const rest = PAGE - this.#used;
    if (rest > 0) this.#header(this.#page + BigInt(this.#used), 'Free', rest, 0);
  }

  #header(address: bigint, tag: string, total: number, type: number): void {
    this.#memory.set(address, '_POOL_HEADER', {
      PreviousSize: this.#previous / GRAIN,
      BlockSize: total / GRAIN,
      PoolType: type,
      PoolTag: tagNumber(tag),
    });
  }
}

/** `Proc` as NT writes it: four characters, the first lowest. */
export function tagNumber(tag: string): number {
  return Buffer.from(tag.padEnd(4, ' '), 'latin1').readUInt32LE();
}
