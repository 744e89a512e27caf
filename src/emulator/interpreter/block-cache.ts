/**
 * Finds code: (RIP, mode) -> decoded block, decoding on demand. Blocks are keyed by physical address and mode, so they
 * survive CR3 changes; the jump cache in front of them holds virtual addresses and is flushed with the TLB.
 *
 * A block never leaves its page, except a last instruction that crosses into the next page: that one is a block of its
 * own and remembers both frames.
 */
import type { CpuState } from '../cpu/cpu-state.js';
import { GuestException, VECTOR } from '../cpu/exceptions.js';
import { ARENA_BASE, ARENA_BYTES, RAM_BASE } from '../cpu/memory-map.js';
import { MODES } from '../cpu/mode.js';
import { MAX_LENGTH } from '../decode/decoder.js';
import type { CpuMode } from '../isa/instruction.js';
import { CodeCoverage } from '../mmu/code-coverage.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import { JumpCache } from './jump-cache.js';
import { HEADER } from './micro-op.js';
import type { RecordForm } from './record-form.js';
import type { RecordForms } from './record-forms.js';
import type { RecordWriter } from './record-writer.js';

const MAX_INSTRUCTIONS = 64;
/** Runs of a block before it is offered to the JIT: translating is dear while V8 has not optimized the translator itself. */
const HOT_THRESHOLD = 10_000;
/** Runs of a block whose region is not usable now until it is offered again. */
const RECOUNT = 50;
/** Runs of a block until its kept region is asked for again. */
const RECALL_RUNS = 40;
/** Share of the runs to `hotThreshold` from which on a block goes along into the region of a hot one. */
const WARM_SHARE = 1 / 32;
/** A counter that never reaches zero: the JIT does not want the block. */
const NEVER_HOT = 0x7fff_ffff;

export interface RegionHit {
  readonly reference: number;
  readonly base: bigint;
  /** Where the jump-cache entries that lead to the region are noted. */
  readonly jumps: Set<number>;
}

export interface Block {
  /** Physical address of the first byte. */
  readonly physical: number;
  readonly mode: CpuMode;
  /** Bytes covered. */
  readonly length: number;
  /** Second frame of a page-crossing instruction, or -1. */
  readonly secondFrame: number;
  readonly header: number;
  readonly count: number;
  /** One instruction, run by itself. */
  readonly single: boolean;
  /** Jump-cache entries that lead here, or did: one, unless the code is mapped at several places. */
  readonly jumps: number[];
  /** How often a kept region for it was asked for in vain. */
  recalls: number;
}

/** 'later': there is a region, but not all its pages have been executed since the last flush. */
export type RecalledRegion = RegionHit | 'later' | undefined;

/** Instructions that follow each other, and where their bytes are. */
interface Code {
  readonly forms: readonly RecordForm[];
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export class BlockCache {
  private readonly state: CpuState;
  private readonly memory: LinearMemory;
  private readonly forms: RecordForms;
  readonly records: RecordWriter;
  /** By mode and whether single, then by physical address: numbers that V8 looks up without making objects of them. */
  private readonly blocks: Map<number, Block>[] = Array.from({ length: MODES.length * 2 }, () => new Map());
  private readonly byFrame = new Map<number, Set<Block>>();
  readonly jumps: JumpCache;
  readonly coverage = new CodeCoverage();
  private next = ARENA_BASE;
  private readonly window = new Uint8Array(MAX_LENGTH * 2);
  hotThreshold = HOT_THRESHOLD;
  readonly recallRuns = RECALL_RUNS;
  /** The JIT's part of `install`: a region reference and its origin for code at `rip`, if one is valid here. */
  findRegion: (physical: number, mode: CpuMode, rip: bigint) => RegionHit | undefined = () => undefined;
  /** A region that was made in an earlier run for code that is reached for the first time. */
  recallRegion: (physical: number, mode: CpuMode, linear: bigint) => RecalledRegion = () => undefined;
  /** Bytes that regions were made from: do they overlap, and drop what does. */
  regionOverlaps: (physical: number, length: number) => boolean = () => false;
  invalidateRegions: (physical: number, length: number) => void = () => {};
  /** Statistics: instructions decoded. */
  decoded = 0;

  constructor(state: CpuState, memory: LinearMemory, forms: RecordForms, records: RecordWriter) {
    this.state = state;
    this.memory = memory;
    this.forms = forms;
    this.records = records;
    this.jumps = new JumpCache(state);
  }

  private get mode(): CpuMode {
    return MODES[this.state.get('modeKey')] as CpuMode;
  }

  /** Linear address of RIP; checks CS limits outside 64-bit mode. */
  private linearRip(mode: CpuMode): bigint {
    const rip = this.state.rip;
    if (mode.codeSize === 8) return rip;
    if (rip > BigInt(this.state.segmentLimit(1))) throw new GuestException(VECTOR.protection, 0);
    return (this.state.segmentBase(1) + rip) & 0xffffffffn;
  }

  /** Linear address of the instruction at RIP; no checks. */
  get linearAddress(): bigint {
    const rip = this.state.rip;
    return this.mode.codeSize === 8 ? rip : (this.state.segmentBase(1) + rip) & 0xffffffffn;
  }

  /** Makes the jump cache know the code at RIP; throws the fetch's or decode's exception. */
  install(): void {
    const { mode } = this;
    const linear = this.linearRip(mode);
    const fetched = this.memory.fetchFrame(linear, mode.user);
    const physical = Math.floor(fetched / 2) * 4096 + Number(linear & 0xfffn);
    const rip = this.state.rip;
    const region = this.findRegion(physical, mode, rip) ?? this.firstRegion(physical, mode, linear);
    if (region !== undefined && region !== 'later') {
      region.jumps.add(this.jumps.fill(region, (fetched & 1) !== 0));
      return;
    }
    const block = this.blockAt(linear, physical, mode, false);
    // A block whose region went away counts again.
    const counter = (block.header + HEADER.counter) >> 2;
    if (region === 'later') this.offerAfter(block, RECALL_RUNS);
    else if (this.state.i32[counter]! <= 0) this.state.i32[counter] = RECOUNT;
    const entry = this.jumps.fill(block, (fetched & 1) !== 0);
    if (!block.jumps.includes(entry)) block.jumps.push(entry);
  }

  private firstRegion(physical: number, mode: CpuMode, linear: bigint): RecalledRegion {
    return this.known(physical, mode) === undefined ? this.recallRegion(physical, mode, linear) : undefined;
  }

  /** The single instruction at RIP as a block that stops behind it. */
  single(): Block {
    const { mode } = this;
    const linear = this.linearRip(mode);
    const fetched = this.memory.fetchFrame(linear, mode.user);
    return this.blockAt(linear, Math.floor(fetched / 2) * 4096 + Number(linear & 0xfffn), mode, true);
  }

  /** The block at RIP as `install` found it, for the JIT. */
  current(): { physical: number; mode: CpuMode; linear: bigint } {
    const { mode } = this;
    const linear = this.linearRip(mode);
    const fetched = this.memory.fetchFrame(linear, mode.user);
    return { physical: Math.floor(fetched / 2) * 4096 + Number(linear & 0xfffn), mode, linear };
  }

  /** The block that was decoded (so: reached) at this place. */
  known(physical: number, mode: CpuMode): Block | undefined {
    return this.blocksOf(mode, false).get(physical);
  }

  private blocksOf(mode: CpuMode, single: boolean): Map<number, Block> {
    return this.blocks[mode.key * 2 + (single ? 1 : 0)] as Map<number, Block>;
  }

  /** Has the code at this place run often enough to be worth translating with its hot neighbours? */
  isWarm(physical: number, mode: CpuMode): boolean {
    const block = this.known(physical, mode);
    if (block === undefined) return false;
    const counter = this.state.i32[(block.header + HEADER.counter) >> 2] as number;
    return counter <= this.hotThreshold * (1 - WARM_SHARE);
  }

  /** Runs of the block until it is offered to the JIT (again); `Infinity` for never. */
  offerAfter(block: Block, runs: number): void {
    this.state.i32[(block.header + HEADER.counter) >> 2] = Math.min(runs, NEVER_HOT);
  }

  private blockAt(linear: bigint, physical: number, mode: CpuMode, single: boolean): Block {
    const found = this.blocksOf(mode, single).get(physical);
    if (found !== undefined) {
      if (found.secondFrame < 0 || found.secondFrame === this.secondFrame(linear, mode)) return found;
      this.drop(found);
    }
    this.state.observer.pages?.executed(physical, linear);
    return this.decode(linear, physical, mode, single);
  }

  private secondFrame(linear: bigint, mode: CpuMode): number {
    const next = this.memory.wrap((linear | 0xfffn) + 1n);
    return Math.floor(this.memory.fetchFrame(next, mode.user) / 2);
  }

  private decode(linear: bigint, physical: number, mode: CpuMode, single: boolean): Block {
    const frame = Math.floor(physical / 4096);
    if (!this.memory.pages.isRam(frame)) return this.decodeOutsideRam(linear, physical, mode);
    const pageEnd = RAM_BASE + (frame + 1) * 4096;
    const forms: RecordForm[] = [];
    let at = RAM_BASE + physical;
    while (at < pageEnd && forms.length < (single ? 1 : MAX_INSTRUCTIONS)) {
      const one = this.forms.read(this.state.bytes, at, pageEnd, mode);
      if (typeof one !== 'object') {
        if (forms.length > 0) break;
        if (one === 'short') return this.decodeCrossing(linear, physical, mode, single);
        throw new GuestException(one === 'long' ? VECTOR.protection : VECTOR.invalidOpcode, 0);
      }
      forms.push(one);
      at += one.length;
      if (one.ends) break;
    }
    const code: Code = { forms, bytes: this.state.bytes, offset: RAM_BASE + physical };
    return this.store(physical, mode, code, -1, single);
  }

  /** An instruction whose bytes go on in the next page. */
  private decodeCrossing(linear: bigint, physical: number, mode: CpuMode, single: boolean): Block {
    const second = this.secondFrame(linear, mode);
    if (!this.memory.pages.isRam(second)) throw new GuestException(VECTOR.invalidOpcode);
    this.state.observer.pages?.executed(second * 4096, this.memory.wrap((linear | 0xfffn) + 1n));
    const inFirst = 4096 - (physical & 0xfff);
    const start = RAM_BASE + physical;
    this.window.set(this.state.bytes.subarray(start, start + inFirst));
    this.window.set(
      this.state.bytes.subarray(RAM_BASE + second * 4096, RAM_BASE + second * 4096 + MAX_LENGTH),
      inFirst,
    );
    const one = this.forms.read(this.window, 0, inFirst + MAX_LENGTH, mode);
    if (typeof one !== 'object') {
      throw new GuestException(one === undefined ? VECTOR.invalidOpcode : VECTOR.protection, 0);
    }
    return this.store(physical, mode, { forms: [one], bytes: this.window, offset: 0 }, second, single);
  }

  /** Code in device memory (ROM behind the bus): one instruction at a time, never kept. */
  private decodeOutsideRam(linear: bigint, physical: number, mode: CpuMode): Block {
    const bytes = new Uint8Array(MAX_LENGTH);
    for (let i = 0; i < MAX_LENGTH; i++) bytes[i] = Number(this.memory.readPhysical(physical + i, 1));
    const one = this.forms.read(bytes, 0, MAX_LENGTH, mode);
    void linear;
    if (typeof one !== 'object') {
      throw new GuestException(one === undefined ? VECTOR.invalidOpcode : VECTOR.protection, 0);
    }
    const mark = this.next;
    const header = this.write({ forms: [one], bytes, offset: 0 }, mode, physical, true);
    this.next = mark;
    return {
      physical,
      mode,
      length: one.length,
      secondFrame: -1,
      header,
      count: 1,
      single: true,
      jumps: [],
      recalls: 0,
    };
  }

  private store(physical: number, mode: CpuMode, code: Code, secondFrame: number, single: boolean): Block {
    const { forms } = code;
    this.decoded += forms.length;
    const header = this.write(code, mode, physical, single);
    const length = forms.reduce((sum, one) => sum + one.length, 0);
    const block: Block = {
      physical,
      mode,
      length,
      secondFrame,
      header,
      count: forms.length,
      single,
      jumps: [],
      recalls: 0,
    };
    this.blocksOf(mode, single).set(physical, block);
    this.attach(Math.floor(physical / 4096), block);
    this.coverage.add(physical, secondFrame < 0 ? length : 4096 - (physical & 0xfff));
    if (secondFrame >= 0) {
      this.attach(secondFrame, block);
      this.coverage.add(secondFrame * 4096, MAX_LENGTH);
    }
    return block;
  }

  private attach(frame: number, block: Block): void {
    let blocks = this.byFrame.get(frame);
    if (blocks === undefined) {
      blocks = new Set();
      this.byFrame.set(frame, blocks);
    }
    blocks.add(block);
    this.protect(frame);
  }

  /** From now on writes to the frame are noticed. */
  protect(frame: number): void {
    if (this.memory.pages.code[frame] !== 0) return;
    this.memory.pages.code[frame] = 1;
    this.memory.tlb.closeWrites(frame);
  }

  private write({ forms, bytes, offset }: Code, mode: CpuMode, physical: number, single: boolean): number {
    this.forms.complete();
    const size = this.records.bytes(forms, physical);
    if (this.next + size > ARENA_BASE + ARENA_BYTES) this.flushBlocks();
    const header = this.next;
    this.next += size;
    this.records.write(forms, { header, mode, physical, single, bytes, offset }, this.hotThreshold);
    return header;
  }

  // ---- invalidation ------------------------------------------------------------------------------------------

  /** Does [physical, physical + length) hit bytes of a decoded block? */
  overlaps(physical: number, length: number): boolean {
    if (!this.coverage.mayOverlap(physical, length)) return false;
    return this.hit(physical, length).length > 0 || this.regionOverlaps(physical, length);
  }

  private hit(physical: number, length: number): Block[] {
    const found: Block[] = [];
    const end = physical + length;
    for (let frame = Math.floor(physical / 4096); frame * 4096 < end; frame++) {
      for (const block of this.byFrame.get(frame) ?? []) {
        if (block.secondFrame >= 0 && Math.floor(block.physical / 4096) !== frame) {
          // The tail in the second frame starts at that frame's first byte.
          const tail = block.length - (4096 - (block.physical & 0xfff));
          if (physical < frame * 4096 + tail) found.push(block);
        } else if (block.physical < end && block.physical + block.length > physical) found.push(block);
      }
    }
    return found;
  }

  /** Drops the blocks that overlap written bytes. */
  invalidate(physical: number, length: number): void {
    if (!this.coverage.mayOverlap(physical, length)) return;
    for (const block of this.hit(physical, length)) this.drop(block);
    this.invalidateRegions(physical, length);
  }

  /** Forgets all code that was made from a frame. */
  dropFrame(frame: number): void {
    this.invalidate(frame * 4096, 4096);
  }

  private drop(block: Block): void {
    this.blocksOf(block.mode, block.single).delete(block.physical);
    for (const entry of block.jumps) this.jumps.empty(entry);
    for (const frame of [Math.floor(block.physical / 4096), block.secondFrame]) {
      const blocks = this.byFrame.get(frame);
      if (blocks === undefined) continue;
      blocks.delete(block);
      if (blocks.size === 0) {
        this.byFrame.delete(frame);
        this.releaseFrame(frame);
      }
    }
  }

  /** May the frame be written without notice again? The JIT narrows this. */
  releaseFrame: (frame: number) => void = (frame) => {
    this.memory.pages.releaseCode(frame);
    this.coverage.forget(frame);
  };

  holdsFrame(frame: number): boolean {
    return this.byFrame.has(frame);
  }

  /** Forgets all decoded code (the arena is full). */
  flushBlocks(): void {
    const frames = [...this.byFrame.keys()];
    for (const blocks of this.blocks) blocks.clear();
    this.byFrame.clear();
    for (const frame of frames) this.releaseFrame(frame);
    this.next = ARENA_BASE;
    this.jumps.flush('all');
  }
}
