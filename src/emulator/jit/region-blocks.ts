/**
 * Chooses and decodes the blocks of a region: from a hot block along direct branches, fall-through and calls, through
 * code that has run some three hundred times. What is colder stays outside and is an exit.
 */

import type { CpuState } from '../cpu/cpu-state.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import type { Decoder } from '../decode/decoder.js';
import type { BlockCache } from '../interpreter/block-cache.js';
import type { CpuMode, Instruction, RelativeOperand } from '../isa/instruction.js';
import type { Tlb } from '../mmu/tlb.js';

/** A block of a region where it lies. */
export interface PlacedBlock {
  /** Position in the region, and entry number. */
  readonly number: number;
  /** RIP relative to the region's origin. */
  readonly delta: number;
  readonly physical: number;
  readonly length: number;
}

export interface RegionBlock extends PlacedBlock {
  readonly instructions: readonly Instruction[];
  /** Blocks of the region by delta. */
  readonly targets: ReadonlyMap<number, number>;
  /** Numbers of the blocks that follow, as far as they are in the region and known: not behind `ret`. */
  readonly successors: readonly number[];
  /** A branch of the block goes to itself. */
  readonly loops: boolean;
}

/** A block that does not know its region yet. */
export type FoundBlock = Omit<RegionBlock, 'number' | 'targets' | 'successors'>;

/** @param instructions at least one */
export function regionBlock(
  delta: number,
  physical: number,
  length: number,
  instructions: readonly Instruction[],
): FoundBlock {
  const last = instructions.at(-1) as Instruction;
  return { delta, physical, length, instructions, loops: branchTarget(last, delta + length) === delta };
}

/** Which memory a region was made from. */
export interface RegionPlace {
  readonly mode: CpuMode;
  readonly blocks: readonly PlacedBlock[];
  /** Page of RIP relative to the page of the origin -> physical frame that it must have. */
  readonly pages: ReadonlyMap<number, number>;
}

export interface RegionPlan extends RegionPlace {
  readonly blocks: readonly RegionBlock[];
}

export interface RegionLimits {
  readonly blocks: number;
  readonly instructions: number;
}

/** More instructions would save entries, but V8's optimizing compiler takes seven times as long for twice the code. */
export const REGION_LIMITS: RegionLimits = { blocks: 64, instructions: 150 };

export class RegionPlanner {
  private readonly state: CpuState;
  private readonly decoder: Decoder;
  private readonly blocks: BlockCache;
  private readonly tlb: Tlb;
  private readonly limits: RegionLimits;

  constructor(parts: { state: CpuState; decoder: Decoder; blocks: BlockCache; tlb: Tlb }, limits = REGION_LIMITS) {
    this.state = parts.state;
    this.decoder = parts.decoder;
    this.blocks = parts.blocks;
    this.tlb = parts.tlb;
    this.limits = limits;
  }

  /** Plans the region whose origin is the code at `linear`; undefined when its first instruction cannot be compiled. */
  plan(linear: bigint, physical: number, mode: CpuMode): RegionPlan | undefined {
    const found = new Map<number, FoundBlock>();
    const pages = new Map<number, number>([[0, Math.floor(physical / 4096)]]);
    const originInPage = Number(linear & 0xfffn);
    const queue: number[] = [0];
    const calls: number[] = [];
    let instructions = 0;
    while (found.size < this.limits.blocks && instructions < this.limits.instructions) {
      const delta = queue.shift() ?? calls.shift();
      if (delta === undefined) break;
      if (found.has(delta)) continue;
      const page = Math.floor((originInPage + delta) / 4096);
      const frame = pages.get(page) ?? this.frameOf(linear, page, mode);
      if (frame === undefined) continue;
      const at = frame * 4096 + ((((originInPage + delta) % 4096) + 4096) % 4096);
      if (delta !== 0 && !this.blocks.isWarm(at, mode)) continue;
      const block = this.decodeBlock(delta, at, mode);
      if (block === undefined) continue;
      found.set(delta, block);
      pages.set(page, frame);
      instructions += block.instructions.length;
      this.follow(block, queue, calls);
    }
    if (!found.has(0)) return undefined;
    return { mode, blocks: numbered(inOrder(found)), pages };
  }

  /** Frame of the code `page` pages from `linear`'s, only if it has been executed since the last flush. */
  frameOf(linear: bigint, page: number, mode: CpuMode): number | undefined {
    if (mode.codeSize !== 8 && !mode.flat) return undefined;
    const address = BigInt.asUintN(64, (linear & ~0xfffn) + BigInt(page) * 4096n);
    if (mode.codeSize !== 8 && address >> 32n !== 0n) return undefined;
    const low = Number(BigInt.asIntN(32, address));
    const fetched = this.tlb.fetched(low, Number(BigInt.asIntN(32, address >> 32n)), mode.user);
    return fetched === undefined ? undefined : Math.floor(fetched / 2);
  }

  private decodeBlock(delta: number, physical: number, mode: CpuMode): FoundBlock | undefined {
    const instructions: Instruction[] = [];
    const start = RAM_BASE + physical;
    const end = RAM_BASE + (Math.floor(physical / 4096) + 1) * 4096;
    let at = start;
    while (at < end && instructions.length < 64) {
      const one = this.decoder.decode(this.state.bytes, at, end, mode);
      if (typeof one !== 'object' || one.row.interpreterOnly || cutsTarget(one)) break;
      instructions.push(one);
      at += one.length;
      if (one.row.ends) break;
    }
    if (instructions.length === 0) return undefined;
    return regionBlock(delta, physical, at - start, instructions);
  }

  private follow(block: FoundBlock, queue: number[], calls: number[]): void {
    const last = block.instructions.at(-1) as Instruction;
    const next = block.delta + block.length;
    const target = branchTarget(last, next);
    const { name } = last.row;
    if (!last.row.ends) queue.push(next);
    else if (name === 'call') {
      // The return lands behind the call.
      queue.push(next);
      if (target !== undefined) calls.push(target);
    } else if (name === 'jmp') {
      if (target !== undefined) queue.push(target);
    } else if (name !== 'ret' && !name.startsWith('ud')) {
      queue.push(next);
      if (target !== undefined) queue.push(target);
    }
  }
}

/** A 16-bit operand size cuts a branch target to 16 bits; regions know only distances, so the interpreter does it. */
function cutsTarget({ operands, operandSize }: Instruction): boolean {
  return operandSize === 2 && operands.some(({ kind }) => kind === 'relative');
}

/** Where a direct branch goes, relative to the origin. */
function branchTarget(last: Instruction, next: number): number | undefined {
  const relative = last.operands.find((one): one is RelativeOperand => one.kind === 'relative');
  return relative === undefined ? undefined : next + relative.value;
}

/**
 * Blocks so that most branches go forward, which is a plain branch; backward they take a table. Reverse postorder: only
 * what closes a loop goes back.
 */
function inOrder(found: ReadonlyMap<number, FoundBlock>): FoundBlock[] {
  const seen = new Set<number>();
  const finished: FoundBlock[] = [];
  const visit = (delta: number): void => {
    const block = found.get(delta);
    if (block === undefined || seen.has(delta)) return;
    seen.add(delta);
    // What is visited last comes first: a branch is followed before what it skips.
    for (const next of [...successorsOf(block)].reverse()) visit(next);
    finished.push(block);
  };
  for (const delta of found.keys()) visit(delta);
  return finished.reverse();
}

/** Blocks that know each other: the position of each is its entry number. */
export function numbered(ordered: readonly FoundBlock[]): RegionBlock[] {
  const targets = new Map(ordered.map((block, number) => [block.delta, number]));
  return ordered.map((block, number) => {
    const known = successorsOf(block).map((delta) => targets.get(delta));
    return { ...block, number, targets, successors: known.filter((one) => one !== undefined) };
  });
}

/** Where a block can go on, the next address first. */
function successorsOf({ instructions, delta, length }: FoundBlock): number[] {
  const last = instructions.at(-1) as Instruction;
  const next = delta + length;
  const target = branchTarget(last, next);
  const { name } = last.row;
  const goesOn = !last.row.ends || !(name === 'jmp' || name === 'ret' || name.startsWith('ud'));
  return [...(goesOn ? [next] : []), ...(target === undefined ? [] : [target])];
}
