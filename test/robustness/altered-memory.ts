/**
 * Physical memory with changes on top of an untouched one: whole frames are copied when they are first written to,
 * taken away, or cut off. It also counts what is read and remembers which frames were, and ends a run that reads
 * without end by throwing.
 */
import { PAGE_SIZE } from '../../src/core/address.js';
import type { PhysicalMemory, PhysicalRange } from '../../src/memory/physical-memory.js';

/** Thrown out of a read when the budget is spent: what reads so much would never have ended. */
export class ReadBudgetSpent extends Error {
  override readonly name = 'ReadBudgetSpent';
}

export class AlteredMemory implements PhysicalMemory {
  readonly format: string;
  readonly registers: PhysicalMemory['registers'];
  readonly vmcoreinfo: string | undefined;
  readonly notes: readonly string[] = [];
  /** Frames that were read, while it is set: closely (a page or less at a time), or as part of something large. */
  touched: { readonly closely: Set<number>; readonly inPassing: Set<number> } | undefined;
  /** Pages read so far, and how many may be. */
  pagesRead = 0;
  budget = Number.POSITIVE_INFINITY;
  /** Called now and then while reading. */
  onRead: (() => void) | undefined;
  readonly #base: PhysicalMemory;
  readonly #altered = new Map<number, Uint8Array>();
  readonly #missing = new Set<number>();
  #end: number;

  constructor(base: PhysicalMemory) {
    this.#base = base;
    this.#end = base.end;
    this.format = base.format;
    this.registers = base.registers;
    this.vmcoreinfo = base.vmcoreinfo;
  }

  get end(): number {
    return this.#end;
  }

  get ranges(): readonly PhysicalRange[] {
    return this.#base.ranges
      .filter(({ start }) => start < this.#end)
      .map(({ start, end }) => ({ start, end: Math.min(end, this.#end) }));
  }

  /** The bytes of a frame, to be written to; zeros where the base has none. */
  writable(frame: number): Uint8Array {
    let bytes = this.#altered.get(frame);
    if (bytes === undefined) {
      bytes = new Uint8Array(PAGE_SIZE);
      this.#base.read(frame * PAGE_SIZE, bytes);
      this.#altered.set(frame, bytes);
    }
    return bytes;
  }

  /** Makes a frame unreadable. */
  remove(frame: number): void {
    this.#missing.add(frame);
  }

  /** Ends the memory before `frame`. */
  truncate(frame: number): void {
    this.#end = Math.min(this.#end, frame * PAGE_SIZE);
  }

  /** Forgets all changes, counts and limits. */
  reset(): void {
    this.#altered.clear();
    this.#missing.clear();
    this.#end = this.#base.end;
    this.pagesRead = 0;
    this.budget = Number.POSITIVE_INFINITY;
    this.touched = undefined;
  }

  page(frame: number): Uint8Array | undefined {
    this.#account(frame, true);
    if (frame * PAGE_SIZE + PAGE_SIZE > this.#end || this.#missing.has(frame)) return undefined;
    return this.#altered.get(frame) ?? this.#base.page(frame);
  }

  read(address: number, target: Uint8Array): number {
    const length = Math.min(target.length, Math.max(0, this.#end - address));
    let got = this.#base.read(address, target.subarray(0, length));
    const first = Math.floor(address / PAGE_SIZE);
    const last = Math.floor((address + length - 1) / PAGE_SIZE);
    for (let frame = first; frame <= last; frame++) {
      this.#account(frame, target.length <= PAGE_SIZE);
      const at = frame * PAGE_SIZE - address;
      if (this.#missing.has(frame)) return Math.min(got, Math.max(0, at));
      const altered = this.#altered.get(frame);
      if (altered === undefined || got < at) continue;
      const from = Math.max(0, -at);
      const to = Math.min(PAGE_SIZE, length - at);
      target.set(altered.subarray(from, to), at + from);
      got = Math.max(got, at + to);
    }
    return got;
  }

  close(): void {
    this.#base.close();
  }

  #account(frame: number, isClose: boolean): void {
    this.touched?.[isClose ? 'closely' : 'inPassing'].add(frame);
    if (++this.pagesRead > this.budget) throw new ReadBudgetSpent(`more than ${this.budget} pages were read`);
    if ((this.pagesRead & 0xfff) === 0) this.onRead?.();
  }
}
