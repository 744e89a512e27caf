/**
 * Writes page tables: four levels for 64 bits, PAE for 32, with 2 MiB pages where they are asked for. Intel SDM volume 3A,
 * tables 4-8 to 4-20.
 */

const PRESENT = 1n;
const WRITABLE = 2n;
const USER = 4n;
const LARGE = 0x80n;
const NO_EXECUTE = 1n << 63n;
const FRAME = 0x000f_ffff_ffff_f000n;

export interface PageRights {
  readonly user?: boolean;
  readonly writable?: boolean;
  readonly executable?: boolean;
}

export class PageTables {
  readonly root: number;
  readonly #memory: Buffer;
  readonly #shifts: readonly number[];
  readonly #takePage: () => number;

  /** @param takePage gives the physical address of a zeroed page */
  constructor(memory: Buffer, bits: 32 | 64, takePage: () => number) {
    this.#memory = memory;
    this.#shifts = bits === 64 ? [39, 30, 21, 12] : [30, 21, 12];
    this.#takePage = takePage;
    this.root = takePage();
  }

  /** Takes the kernel's half over from `other`, as every process of Linux does (PAE: the kernel's gibibyte). */
  shareKernelHalf(other: PageTables): void {
    const [first, last] = this.#shifts.length === 4 ? [256, 512] : [3, 4];
    this.#memory.copy(this.#memory, this.root + first * 8, other.root + first * 8, other.root + last * 8);
  }

  map(virtual: bigint, physical: number, rights: PageRights = {}): void {
    this.#leaf(virtual, physical, 12, rights, 0n);
  }

  mapLarge(virtual: bigint, physical: number, rights: PageRights = {}): void {
    this.#leaf(virtual, physical, 21, rights, LARGE);
  }

  #leaf(virtual: bigint, physical: number, shift: number, rights: PageRights, extra: bigint): void {
    let table = this.root;
    for (const [depth, level] of this.#shifts.entries()) {
      const mask = this.#shifts.length === 3 && depth === 0 ? 3n : 511n;
      const slot = table + Number((virtual >> BigInt(level)) & mask) * 8;
      if (level === shift) {
        const bits =
          PRESENT |
          extra |
          (rights.writable === false ? 0n : WRITABLE) |
          (rights.user === true ? USER : 0n) |
          (rights.executable === false ? NO_EXECUTE : 0n);
        this.#memory.writeBigUInt64LE(BigInt(physical) | bits, slot);
        return;
      }
      const entry = this.#memory.readBigUInt64LE(slot);
      // The top level of PAE has no rights.
      const open = this.#shifts.length === 3 && depth === 0 ? PRESENT : PRESENT | WRITABLE | USER;
      if (entry === 0n) this.#memory.writeBigUInt64LE(BigInt(this.#takePage()) | open, slot);
      table = Number(this.#memory.readBigUInt64LE(slot) & FRAME);
    }
  }
}
