/**
 * Pages that are written and executed: finds the first write to a page since it was executed, and the first execution
 * since it was written. Pages, not bytes, so that it does not depend on how code was decoded.
 *
 * A page that instructions were decoded from takes the slow path for writes, and a page that was written has no decoded
 * code; so neither transition can be missed, and nothing in between costs anything.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import type { PageObserver } from '../cpu/observer.js';
import type { BlockCache } from '../interpreter/block-cache.js';
import type { PhysicalPages } from '../mmu/physical-pages.js';
import type { Tlb } from '../mmu/tlb.js';
import { WRITERS } from './event-kinds.js';

export interface PageReports {
  wrote(linear: bigint, physical: number, writer: number): void;
  /** `mapping`: the nearest to the one that executes it: the same, the same page under another CR3, the last one. */
  executes(linear: bigint, physical: number, writers: number, mapping: Mapping | undefined): void;
}

/** A page of linear addresses and the CR3 that makes it one. */
interface Mapping {
  readonly page: bigint;
  readonly addressSpace: bigint;
}

/** Mappings remembered for a frame that is not executed. */
const MOST_MAPPINGS = 4;

const isSame = (x: Mapping, y: Mapping): boolean => x.page === y.page && x.addressSpace === y.addressSpace;

export class WrittenPages implements PageObserver {
  private readonly state: CpuState;
  private readonly pages: PhysicalPages;
  private readonly blocks: BlockCache;
  private readonly reports: PageReports;
  /** Bits of `WRITERS` since the last execution. */
  private readonly writers: Uint8Array;
  /** 1: executed since the last write. */
  private readonly isExecuted: Uint8Array;
  /** Through which mappings a frame was written, the last one first. */
  private readonly mappings = new Map<number, readonly Mapping[]>();

  /** Begins: nothing counts as written or executed. Decoded code must be dropped by the caller. */
  constructor(state: CpuState, pages: PhysicalPages, tlb: Tlb, blocks: BlockCache, reports: PageReports) {
    this.state = state;
    this.pages = pages;
    this.blocks = blocks;
    this.reports = reports;
    this.writers = new Uint8Array(pages.count);
    this.isExecuted = new Uint8Array(pages.count);
    pages.kept = this.isExecuted;
    // The first write to each page must be seen.
    tlb.closeWrites(undefined);
  }

  /** Ends: pages that no code is made from are plain again. */
  end(): void {
    this.pages.kept = undefined;
    for (let frame = this.isExecuted.indexOf(1); frame >= 0; frame = this.isExecuted.indexOf(1, frame + 1)) {
      if (!this.blocks.holdsFrame(frame)) this.pages.releaseCode(frame);
    }
  }

  holdsCode(frame: number): boolean {
    return this.isExecuted[frame] === 1;
  }

  written(frame: number, low: number, high: number, user: boolean): void {
    if (!this.pages.isRam(frame)) return;
    const linear = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low >>> 0));
    this.noteMapping(frame, { page: linear & ~0xfffn, addressSpace: this.state.getWide('cr3') });
    this.note(frame, user ? WRITERS.user : WRITERS.supervisor, linear);
  }

  private noteMapping(frame: number, mapping: Mapping): void {
    const known = this.mappings.get(frame) ?? [];
    if (known[0] !== undefined && isSame(known[0], mapping)) return;
    this.mappings.set(frame, [mapping, ...known.filter((one) => !isSame(one, mapping))].slice(0, MOST_MAPPINGS));
  }

  writtenOutside(frame: number): void {
    this.note(frame, WRITERS.outside, 0n);
  }

  private note(frame: number, writer: number, linear: bigint): void {
    this.writers[frame]! |= writer;
    if (this.isExecuted[frame] === 0) return;
    this.isExecuted[frame] = 0;
    this.reports.wrote(linear, frame * 4096 + Number(linear & 0xfffn), writer);
    this.blocks.dropFrame(frame);
    if (!this.blocks.holdsFrame(frame)) this.pages.releaseCode(frame);
  }

  executed(physical: number, linear: bigint): void {
    const frame = Math.floor(physical / 4096);
    if (!this.pages.isRam(frame) || this.isExecuted[frame] === 1) return;
    this.isExecuted[frame] = 1;
    this.blocks.protect(frame);
    const writers = this.writers[frame] as number;
    this.writers[frame] = 0;
    if (writers === 0) return;
    const mappings = this.mappings.get(frame) ?? [];
    this.mappings.delete(frame);
    const own = { page: linear & ~0xfffn, addressSpace: this.state.getWide('cr3') };
    const nearest = mappings.find((one) => isSame(one, own)) ?? mappings.find(({ page }) => page === own.page);
    this.reports.executes(linear, physical, writers, nearest ?? mappings[0]);
  }
}
