/**
 * The second tier: turns hot blocks into regions, keeps them by physical address, drops them when their bytes change
 * or when there are too many.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import type { ProcessorCore } from '../cpu/core.js';
import { InstrumentedRegionBuilder } from '../events/instrumented-region-builder.js';
import type { RegionHit } from '../interpreter/block-cache.js';
import { regionReference } from '../interpreter/jump-cache.js';
import type { CpuMode } from '../isa/instruction.js';
import { completeLeave, createRestFlags, type Leave } from './leave.js';
import { type RegionBlock, type RegionPlan, RegionPlanner } from './region-blocks.js';
import { RegionBuilder } from './region-builder.js';
import { usedRegisters } from './used-registers.js';

/** Regions kept at most; the oldest half goes when they are more. */
const MAX_REGIONS = 6000;
/** A block that cannot be compiled now is asked again after so many runs. */
const RETRY_RUNS = 1_000_000;

interface Region {
  readonly leaves: readonly Leave[];
  readonly tableIndex: number;
  readonly plan: RegionPlan;
  readonly keys: readonly number[];
  /** Jump-cache entries that lead here, or did. */
  readonly jumps: Set<number>;
}

interface Entry {
  readonly region: Region;
  readonly block: RegionBlock;
}

const entryKey = (physical: number, mode: CpuMode): number => physical * 32 + mode.key;

export interface JitStatistics {
  regions: number;
  compiled: number;
  instructions: number;
  bytes: number;
  milliseconds: number;
  dropped: number;
}

export class Jit {
  private readonly core: ProcessorCore;
  private readonly planner: RegionPlanner;
  private readonly entries = new Map<number, Entry>();
  private readonly byFrame = new Map<number, Set<Region>>();
  private readonly regions = new Set<Region>();
  private readonly freeIndices: number[] = [];
  private nextIndex = 0;
  private readonly restFlags: (code: number) => void;
  private readonly imports: Record<string, WebAssembly.ImportValue>;
  private readonly byIndex: (Region | undefined)[] = [];
  private readonly statistics: JitStatistics = {
    regions: 0,
    compiled: 0,
    instructions: 0,
    bytes: 0,
    milliseconds: 0,
    dropped: 0,
  };

  constructor(core: ProcessorCore) {
    this.core = core;
    const { state, blocks, memory } = core;
    this.planner = new RegionPlanner({ state, blocks, tlb: memory.tlb, decoder: core.decoder });
    blocks.findRegion = (physical, mode, rip) => this.find(physical, mode, rip);
    blocks.regionOverlaps = (physical, length) => this.hit(physical, length).length > 0;
    blocks.invalidateRegions = (physical, length) => this.invalidate(physical, length);
    blocks.releaseFrame = (frame) => this.releaseFrame(frame);
    core.onHot = () => this.compileHot();
    this.restFlags = createRestFlags(state.memory);
    this.imports = { ...core.imports, restFlags: this.restFlags as WebAssembly.ImportValue };
    core.onLeave = () => this.leave();
    core.onRetranslate = () => this.dropAll();
  }

  stats(): JitStatistics {
    return { ...this.statistics, regions: this.regions.size };
  }

  private find(physical: number, mode: CpuMode, rip: bigint): RegionHit | undefined {
    const entry = this.entries.get(entryKey(physical, mode));
    if (entry === undefined) return undefined;
    const base = BigInt.asUintN(64, rip - BigInt(entry.block.delta));
    if (!this.isMapped(entry.region.plan, base)) return undefined;
    const { tableIndex, jumps } = entry.region;
    return { reference: regionReference(tableIndex, entry.block.number), base, jumps };
  }

  /** Do all pages of the region translate as when it was made? Only pages executed since the last flush count. */
  private isMapped(plan: RegionPlan, base: bigint): boolean {
    if (plan.pages.size === 1) return true;
    const { tlb } = this.core.memory;
    const origin = base & ~0xfffn;
    for (const [page, frame] of plan.pages) {
      const address = BigInt.asUintN(64, origin + BigInt(page) * 4096n);
      const low = Number(BigInt.asIntN(32, address));
      const fetched = tlb.fetched(low, Number(BigInt.asIntN(32, address >> 32n)), plan.mode.user);
      if (fetched === undefined || Math.floor(fetched / 2) !== frame) return false;
    }
    return true;
  }

  /** The block at RIP ran often: compile its region (or use one that is valid again). */
  private compileHot(): void {
    const { blocks } = this.core;
    const { physical, mode, linear } = blocks.current();
    const rip = this.core.state.getWide('rip');
    const block = blocks.known(physical, mode);
    if (this.find(physical, mode, rip) !== undefined) {
      blocks.jumps.forget(rip);
      return;
    }
    const exists = this.entries.get(entryKey(physical, mode));
    if (exists !== undefined && exists.region.plan.pages.size > 1 && block !== undefined) {
      // Wait for the other pages to be executed; after a while make a region of what is there.
      this.forget(exists.region);
    }
    const start = performance.now();
    const plan = block !== undefined && block.secondFrame < 0 ? this.planner.plan(linear, physical, mode) : undefined;
    if (plan === undefined) {
      if (block !== undefined) blocks.offerAfter(block, RETRY_RUNS);
      return;
    }
    this.compile(plan, rip);
    this.statistics.milliseconds += performance.now() - start;
  }

  private compile(plan: RegionPlan, rip: bigint): void {
    const { core } = this;
    if (this.regions.size >= MAX_REGIONS) this.dropOldest();
    const tableIndex = this.allocate();
    const module = new WasmModule();
    const instructions = plan.blocks.flatMap((block) => block.instructions);
    const builder = this.builder(module, plan.mode, tableIndex, usedRegisters(instructions));
    builder.build(plan.blocks, 'region');
    const bytes = module.finish();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { ...this.imports, ...core.events.imports },
    });
    core.regionTable.set(tableIndex, instance.exports.region);
    const keys: number[] = [];
    const region: Region = { tableIndex, plan, keys, leaves: builder.leaves, jumps: new Set() };
    this.byIndex[tableIndex] = region;
    for (const block of plan.blocks) {
      const key = entryKey(block.physical, plan.mode);
      core.blocks.coverage.add(block.physical, block.length);
      if (block.delta !== 0 && this.entries.has(key)) continue;
      this.entries.set(key, { region, block });
      keys.push(key);
      core.blocks.jumps.forget(BigInt.asUintN(64, rip + BigInt(block.delta)));
    }
    for (const frame of plan.pages.values()) {
      let regions = this.byFrame.get(frame);
      if (regions === undefined) {
        regions = new Set();
        this.byFrame.set(frame, regions);
      }
      regions.add(region);
      core.blocks.protect(frame);
    }
    this.regions.add(region);
    this.statistics.compiled++;
    this.statistics.instructions += instructions.length;
    this.statistics.bytes += bytes.length;
  }

  private builder(
    module: WasmModule,
    mode: CpuMode,
    tableIndex: number,
    registers: ReadonlySet<number>,
  ): RegionBuilder {
    const { plan } = this.core.events;
    if (plan === undefined) return new RegionBuilder(module, mode, tableIndex, registers);
    return new InstrumentedRegionBuilder(module, mode, tableIndex, registers, plan);
  }

  private leave(): boolean {
    const { state } = this.core;
    const leave = this.byIndex[state.get('leaveRegion')]?.leaves[state.get('leaveNumber')];
    if (leave === undefined) throw new InvariantError('a region left at an unknown place');
    completeLeave(state, leave, this.restFlags);
    return leave.begun === true;
  }

  private allocate(): number {
    const free = this.freeIndices.pop();
    if (free !== undefined) return free;
    const { regionTable } = this.core;
    if (this.nextIndex >= regionTable.length) regionTable.grow(regionTable.length);
    return this.nextIndex++;
  }

  private hit(physical: number, length: number): Region[] {
    const found: Region[] = [];
    for (let frame = Math.floor(physical / 4096); frame * 4096 < physical + length; frame++) {
      for (const region of this.byFrame.get(frame) ?? []) {
        const overlaps = region.plan.blocks.some(
          (block) => block.physical < physical + length && block.physical + block.length > physical,
        );
        if (overlaps) found.push(region);
      }
    }
    return found;
  }

  private invalidate(physical: number, length: number): void {
    for (const region of this.hit(physical, length)) this.forget(region);
  }

  /** Drops a region; its table slot is reused. Nothing of it runs now: regions leave before code can change. */
  private forget(region: Region): void {
    if (!this.regions.delete(region)) return;
    for (const key of region.keys) if (this.entries.get(key)?.region === region) this.entries.delete(key);
    for (const frame of new Set(region.plan.pages.values())) {
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
    this.statistics.dropped++;
  }

  /** Drops all regions: they would be made differently now. */
  dropAll(): void {
    for (const region of [...this.regions]) this.forget(region);
  }

  private dropOldest(): void {
    const oldest = [...this.regions].slice(0, this.regions.size >> 1);
    for (const region of oldest) this.forget(region);
  }

  private releaseFrame(frame: number): void {
    if (this.byFrame.has(frame) || this.core.blocks.holdsFrame(frame)) return;
    this.core.memory.pages.releaseCode(frame);
    this.core.blocks.coverage.forget(frame);
  }
}
