/**
 * The second tier: turns hot blocks into regions, or takes regions that were made before from the host's store, at once
 * and without waiting for the code to become hot.
 */
import { InvariantError } from '../../core/errors.js';
import { WasmModule } from '../codegen/wasm-module.js';
import { withImports } from '../codegen/with-imports.js';
import type { ProcessorCore } from '../cpu/core.js';
import { InstrumentedRegionBuilder } from '../events/instrumented-region-builder.js';
import type { Block, RecalledRegion } from '../interpreter/block-cache.js';
import type { CpuMode } from '../isa/instruction.js';
import type { CodeStore, CompiledModule } from './code-store.js';
import { codeOf, type KeptRegion, pagesOf, placeBlocks, regionName, signatureAt } from './kept-region.js';
import { completeLeave, createRestFlags, type Leave, type Leaves, TRANSLATED } from './leave.js';
import { type RegionPlace, type RegionPlan, RegionPlanner } from './region-blocks.js';
import { RegionBuilder } from './region-builder.js';
import { groupRegions } from './region-group.js';
import { RegionSet } from './region-set.js';
import { usedRegisters } from './used-registers.js';

/** Runs after which a block is translated, where what is translated will be used again and V8 keeps what it optimized. */
const FAMILIAR_THRESHOLD = 400;
/** A block that cannot be compiled now is asked again after so many runs. */
const RETRY_RUNS = 1_000_000;
/** Times that a kept region whose pages have not all been executed is asked for again. */
const RECALLS = 3;

export interface JitStatistics {
  /** Instructions that ran in regions. */
  retired: number;
  regions: number;
  compiled: number;
  /** Regions that came from the host's store. */
  recalled: number;
  /** Instructions translated. */
  instructions: number;
  bytes: number;
  milliseconds: number;
  dropped: number;
}

export class Jit {
  private readonly core: ProcessorCore;
  private readonly store: CodeStore | undefined;
  private readonly planner: RegionPlanner;
  private readonly regions: RegionSet;
  private readonly view: DataView;
  private readonly restFlags: (code: number) => void;
  private readonly imports: Record<string, WebAssembly.ImportValue>;
  /** Kept modules have many regions. */
  private readonly instances = new WeakMap<WebAssembly.Module, WebAssembly.Instance>();
  private readonly statistics = { compiled: 0, recalled: 0, instructions: 0, bytes: 0, milliseconds: 0 };

  constructor(core: ProcessorCore, store?: CodeStore) {
    this.core = core;
    this.store = store;
    const { state, blocks, memory } = core;
    this.planner = new RegionPlanner({ state, blocks, tlb: memory.tlb, decoder: core.decoder });
    this.regions = new RegionSet(core);
    this.view = state.view;
    blocks.findRegion = (physical, mode, rip) => this.regions.find(physical, mode, rip);
    blocks.regionOverlaps = (physical, length) => this.regions.overlaps(physical, length);
    blocks.invalidateRegions = (physical, length) => this.regions.invalidate(physical, length);
    blocks.releaseFrame = (frame) => this.regions.releaseFrame(frame);
    if (store !== undefined) {
      blocks.recallRegion = (physical, mode, linear) => this.recall(physical, mode, linear);
      store.groupRegions = (records) => groupRegions(records, core.decoder);
      if (store.isFamiliar) blocks.hotThreshold = FAMILIAR_THRESHOLD;
    }
    core.onHot = () => this.compileHot();
    this.restFlags = createRestFlags(state.memory);
    this.imports = withImports(core.imports, { restFlags: this.restFlags as WebAssembly.ImportValue });
    core.onLeave = () => this.leave();
    core.onRetranslate = () => this.regions.dropAll();
  }

  stats(): JitStatistics {
    const retired = this.core.state.count(TRANSLATED);
    return { retired, ...this.statistics, regions: this.regions.size, dropped: this.regions.dropped };
  }

  /** The block at RIP ran often: compile its region (or use one that is valid again). */
  private compileHot(): void {
    const { blocks } = this.core;
    const { physical, mode, linear } = blocks.current();
    const rip = this.core.state.rip;
    const block = blocks.known(physical, mode);
    if (this.regions.find(physical, mode, rip) !== undefined) {
      blocks.jumps.forget(rip);
      return;
    }
    const exists = this.regions.owner(physical, mode);
    if (exists !== undefined && exists.place.pages.size > 1 && block !== undefined) {
      // Wait for the other pages to be executed; after a while make a region of what is there.
      this.regions.forget(exists);
    }
    if (block !== undefined && this.isRecalled(block, physical, mode, linear)) return;
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
    const { core, store } = this;
    const module = new WasmModule();
    const instructions = plan.blocks.flatMap((block) => block.instructions);
    const builder = this.builder(module, plan.mode, usedRegisters(instructions));
    builder.build(plan.blocks, regionName(0));
    const bytes = module.finish();
    const compiled = { bytes, module: new WebAssembly.Module(bytes) };
    // Not the builder itself: it would live as long as the region.
    const places: readonly Leave[] = builder.leaves;
    const leaves = (): readonly Leave[] => places;
    this.take({ module: compiled.module, index: 0 }, plan, leaves, rip);
    if (store !== undefined && core.events.plan === undefined) this.keep(store, plan, leaves, compiled);
    this.statistics.compiled++;
    this.statistics.instructions += instructions.length;
    this.statistics.bytes += bytes.length;
  }

  private builder(module: WasmModule, mode: CpuMode, registers: ReadonlySet<number>): RegionBuilder {
    const { plan } = this.core.events;
    if (plan === undefined) return new RegionBuilder(module, mode, registers);
    return new InstrumentedRegionBuilder(module, mode, registers, plan);
  }

  private take(
    { module, index }: { module: WebAssembly.Module; index: number },
    place: RegionPlace,
    leaves: Leaves,
    rip: bigint,
  ): void {
    let instance = this.instances.get(module);
    if (instance === undefined) {
      const { events } = this.core;
      const env = events.plan === undefined ? this.imports : withImports(this.imports, events.imports);
      instance = new WebAssembly.Instance(module, { env });
      this.instances.set(module, instance);
    }
    this.regions.add(instance.exports[regionName(index)], place, leaves, rip);
  }

  // ---- regions that were made before -------------------------------------------------------------------------

  private keep(store: CodeStore, plan: RegionPlan, leaves: Leaves, compiled: CompiledModule): void {
    const origin = plan.blocks.find(({ delta }) => delta === 0);
    if (origin === undefined) throw new InvariantError('a region without an origin');
    const { bytes } = this.core.state;
    store.keepRegion(
      {
        signature: signatureAt(this.view, origin.physical, plan.mode.key),
        mode: plan.mode.key,
        offset: origin.physical & 0xfff,
        blocks: plan.blocks.map(({ delta, length }) => ({ delta, length })),
        code: codeOf(plan.blocks, bytes),
        leaves,
      },
      compiled,
    );
  }

  /**
   * Takes a kept region for the code at this place; 'later' when there is one, but not all its pages have been executed.
   * Instrumented code is never kept, and who watches first executions of pages wants every block to be decoded.
   */
  private recall(physical: number, mode: CpuMode, linear: bigint): RecalledRegion {
    const { core, store } = this;
    const { state, memory, events } = core;
    if (store === undefined || events.plan !== undefined || state.observer.pages !== undefined) return undefined;
    if (!memory.pages.isRam(Math.floor(physical / 4096))) return undefined;
    let later = false;
    for (const kept of store.regions(signatureAt(this.view, physical, mode.key))) {
      if (kept.mode !== mode.key || kept.offset !== (physical & 0xfff)) continue;
      const pages = this.framesOf(kept, physical, mode, linear);
      const blocks = pages === undefined ? undefined : placeBlocks(kept, pages, state.bytes);
      if (pages === undefined) later = true;
      if (pages === undefined || blocks === undefined) continue;
      const rip = state.rip;
      this.take({ module: kept.module(), index: kept.index }, { mode, blocks, pages }, kept.leaves, rip);
      this.statistics.recalled++;
      return this.regions.find(physical, mode, rip);
    }
    return later ? 'later' : undefined;
  }

  /** Frames of a kept region's pages; undefined when one of them was not executed since the last flush. */
  private framesOf(
    kept: KeptRegion,
    physical: number,
    mode: CpuMode,
    linear: bigint,
  ): ReadonlyMap<number, number> | undefined {
    const frames = new Map<number, number>();
    for (const page of pagesOf(kept)) {
      const frame = page === 0 ? Math.floor(physical / 4096) : this.planner.frameOf(linear, page, mode);
      if (frame === undefined) return undefined;
      frames.set(page, frame);
    }
    return frames;
  }

  /** For a hot block: does a kept region take over, now or in a while? */
  private isRecalled(block: Block, physical: number, mode: CpuMode, linear: bigint): boolean {
    const { blocks, state } = this.core;
    const recalled = this.recall(physical, mode, linear);
    if (recalled === 'later') {
      block.recalls++;
      if (block.recalls > RECALLS) return false;
      blocks.offerAfter(block, block.recalls < RECALLS ? blocks.recallRuns : blocks.hotThreshold);
      return true;
    }
    if (recalled !== undefined) blocks.jumps.forget(state.rip);
    return recalled !== undefined;
  }

  // ---- leaving -----------------------------------------------------------------------------------------------

  private leave(): boolean {
    const { state } = this.core;
    const leave = this.regions.at(state.get('currentRegion'))?.leaves()[state.get('leaveNumber')];
    if (leave === undefined) throw new InvariantError('a region left at an unknown place');
    completeLeave(state, leave, this.restFlags);
    return leave.begun === true;
  }
}
