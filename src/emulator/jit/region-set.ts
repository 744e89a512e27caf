/**
 * The regions that can be entered: by the place of each block, by frame, by table index. Takes them in, finds them, and
 * drops them when their bytes change or when there are too many. It does not make them: jit.ts.
 */
import type { ProcessorCore } from '../cpu/core.js';
import { MODES } from '../cpu/mode.js';
import type { RegionHit } from '../interpreter/block-cache.js';
import { regionReference } from '../interpreter/jump-cache.js';
import type { CpuMode } from '../isa/instruction.js';
import type { Leaves } from './leave.js';
import type { PlacedBlock, RegionPlace } from './region-blocks.js';

/** Regions kept at most; the oldest half goes when they are more. */
const MAX_REGIONS = 16000;

export interface Region {
  readonly place: RegionPlace;
  readonly leaves: Leaves;
  readonly tableIndex: number;
  /** Physical addresses of the entries that are its own. */
  readonly own: number[];
  /** Jump-cache entries that lead here, or did. */
  readonly jumps: Set<number>;
}

interface Entry {
  readonly region: Region;
  readonly block: PlacedBlock;
}

export class RegionSet {
  private readonly core: ProcessorCore;
  /** By mode, then by physical address. */
  private readonly entries: Map<number, Entry>[] = MODES.map(() => new Map());
  private readonly byFrame = new Map<number, Set<Region>>();
  private readonly regions = new Set<Region>();
  private readonly byIndex: (Region | undefined)[] = [];
  private readonly freeIndices: number[] = [];
  private nextIndex = 0;
  /** Statistics: regions dropped. */
  dropped = 0;

  constructor(core: ProcessorCore) {
    this.core = core;
  }

  get size(): number {
    return this.regions.size;
  }

  private entriesOf(mode: CpuMode): Map<number, Entry> {
    return this.entries[mode.key] as Map<number, Entry>;
  }

  /** The region of an index in the region table. */
  at(tableIndex: number): Region | undefined {
    return this.byIndex[tableIndex];
  }

  /** The region that a block at this place belongs to, valid here or not. */
  owner(physical: number, mode: CpuMode): Region | undefined {
    return this.entriesOf(mode).get(physical)?.region;
  }

  /** How to enter the code at RIP, where there is a region for it and all its pages are mapped as when it was made. */
  find(physical: number, mode: CpuMode, rip: bigint): RegionHit | undefined {
    const entry = this.entriesOf(mode).get(physical);
    if (entry === undefined) return undefined;
    const base = BigInt.asUintN(64, rip - BigInt(entry.block.delta));
    if (!this.isMapped(entry.region.place, base)) return undefined;
    const { tableIndex, jumps } = entry.region;
    return { reference: regionReference(tableIndex, entry.block.number), base, jumps };
  }

  /** Only pages executed since the last flush count as mapped. */
  private isMapped(place: RegionPlace, base: bigint): boolean {
    if (place.pages.size === 1) return true;
    const { tlb } = this.core.memory;
    const origin = base & ~0xfffn;
    for (const [page, frame] of place.pages) {
      const address = BigInt.asUintN(64, origin + BigInt(page) * 4096n);
      const low = Number(BigInt.asIntN(32, address));
      const fetched = tlb.fetched(low, Number(BigInt.asIntN(32, address >> 32n)), place.mode.user);
      if (fetched === undefined || Math.floor(fetched / 2) !== frame) return false;
    }
    return true;
  }

  /** Takes in a compiled region whose origin is at `rip`. */
  add(run: unknown, place: RegionPlace, leaves: Leaves, rip: bigint): void {
    const { blocks, regionTable } = this.core;
    if (this.regions.size >= MAX_REGIONS) this.dropOldest();
    const region: Region = { place, leaves, tableIndex: this.allocate(), own: [], jumps: new Set() };
    regionTable.set(region.tableIndex, run);
    this.byIndex[region.tableIndex] = region;
    const entries = this.entriesOf(place.mode);
    for (const block of place.blocks) {
      blocks.coverage.add(block.physical, block.length);
      if (block.delta !== 0 && entries.has(block.physical)) continue;
      entries.set(block.physical, { region, block });
      region.own.push(block.physical);
      blocks.jumps.forget(BigInt.asUintN(64, rip + BigInt(block.delta)));
    }
    for (const frame of place.pages.values()) {
      const regions = this.byFrame.get(frame) ?? new Set();
      this.byFrame.set(frame, regions);
      regions.add(region);
      blocks.protect(frame);
    }
    this.regions.add(region);
  }

  private allocate(): number {
    const free = this.freeIndices.pop();
    if (free !== undefined) return free;
    const { regionTable } = this.core;
    if (this.nextIndex >= regionTable.length) regionTable.grow(regionTable.length);
    return this.nextIndex++;
  }

  /** Do bytes of a region lie in [physical, physical + length)? */
  overlaps(physical: number, length: number): boolean {
    return this.hit(physical, length).length > 0;
  }

  private hit(physical: number, length: number): Region[] {
    const found: Region[] = [];
    for (let frame = Math.floor(physical / 4096); frame * 4096 < physical + length; frame++) {
      for (const region of this.byFrame.get(frame) ?? []) {
        const overlaps = region.place.blocks.some(
          (block) => block.physical < physical + length && block.physical + block.length > physical,
        );
        if (overlaps) found.push(region);
      }
    }
    return found;
  }

  invalidate(physical: number, length: number): void {
    for (const region of this.hit(physical, length)) this.forget(region);
  }

  /** Drops a region; its table slot is reused. Nothing of it runs now: regions leave before code can change. */
  forget(region: Region): void {
    if (!this.regions.delete(region)) return;
    const entries = this.entriesOf(region.place.mode);
    for (const physical of region.own) if (entries.get(physical)?.region === region) entries.delete(physical);
    for (const frame of new Set(region.place.pages.values())) {
      const regions = this.byFrame.get(frame);
      regions?.delete(region);
      if (regions?.size === 0) {
        this.byFrame.delete(frame);
        this.releaseFrame(frame);
      }
    }
    this.core.regionTable.set(region.tableIndex, null);
    this.byIndex[region.tableIndex] = undefined;
    this.freeIndices.push(region.tableIndex);
    for (const entry of region.jumps) this.core.blocks.jumps.empty(entry);
    this.dropped++;
  }

  /** Drops all regions: they would be made differently now. */
  dropAll(): void {
    for (const region of [...this.regions]) this.forget(region);
  }

  private dropOldest(): void {
    const oldest = [...this.regions].slice(0, this.regions.size >> 1);
    for (const region of oldest) this.forget(region);
  }

  /** Lets writes to a frame go unnoticed again, when nothing was made from it any more. */
  releaseFrame(frame: number): void {
    if (this.byFrame.has(frame) || this.core.blocks.holdsFrame(frame)) return;
    this.core.memory.pages.releaseCode(frame);
    this.core.blocks.coverage.forget(frame);
  }
}
