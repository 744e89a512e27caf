/**
 * The JIT's instruction builder: writes one region, a function (entry) -> exit code over several blocks with guest
 * registers in locals. Operands are constants and locals; addresses are relative to the region's origin, so that the
 * code serves every mapping of its physical pages.
 *
 * A region never raises an exception and never touches a device: it leaves before the instruction (`EXIT.step`), with
 * registers, flags, RIP and the instruction count as they were, and the interpreter executes that one.
 */
import { InvariantError } from '../../core/errors.js';
import type { Label, Variable } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import type { WasmModule } from '../codegen/wasm-module.js';
import { JUMP_CACHE_BASE } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';
import { EXIT } from '../interpreter/exit-code.js';
import {
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_ENTRY_SHIFT,
  REGION_ENTRY_BITS,
} from '../interpreter/jump-cache.js';
import type { CpuMode, RelativeOperand } from '../isa/instruction.js';
import { flagSources } from './flag-sources.js';
import { CARRIED, type Leave, leaveFlags } from './leave.js';
import type { RegionBlock } from './region-blocks.js';
import { loopEnds } from './region-loops.js';
import { RegionOperands } from './region-operands.js';
import { unusedFlags } from './unused-flags.js';

/** A part of the region that lies ahead: a block, or a loop, which is entered with `target` set. */
interface Ahead {
  readonly label: Label;
  readonly isLoop: boolean;
}

export class RegionBuilder extends RegionOperands {
  protected readonly remaining: Variable;
  private readonly rip: Variable;
  private readonly exitCode: Variable;
  private readonly target: Variable;
  private exitLabel!: Label;
  private leaveLabel!: Label;
  /** The places where the region can leave before an instruction, by number. */
  readonly leaves: Leave[] = [];
  private readonly leaveNumber: Variable;
  private dispatchLabel!: Label;
  /** Where to branch to for each block that lies ahead, or undefined behind. */
  private ahead: (Ahead | undefined)[] = [];
  /** Loops that are open, by the block at their head. */
  private readonly loops = new Map<number, Label>();
  private ends: readonly (number | undefined)[] = [];
  private selfLabel: Label | undefined;
  private ended = false;
  private mayRestart = false;
  /** By position in the block that is written. */
  private unused: readonly boolean[] = [];

  constructor(module: WasmModule, mode: CpuMode, usedRegisters: ReadonlySet<number>) {
    super(module, mode, usedRegisters);
    this.remaining = this.variable('i32');
    this.rip = this.variable('i64');
    this.exitCode = this.variable('i32');
    this.target = this.variable('i32');
    this.leaveNumber = this.variable('i32');
  }

  /** Writes the region; entry number i of the function is `blocks[i]`. */
  build(blocks: readonly RegionBlock[], exportName: string): void {
    this.planWindows(blocks);
    this.sources = flagSources(blocks);
    this.loadState();
    this.exitLabel = this.open(OP.block);
    this.leaveLabel = this.open(OP.block);
    this.dispatchLabel = this.open(OP.loop);
    this.ends = loopEnds(blocks);
    this.writeBlocks(blocks, 0, blocks.length - 1);
    this.close();
    this.close();
    this.storeLeave();
    this.close();
    this.if(this.eqz(this.compare('eq', this.get(this.exitCode), this.i32(EXIT.leave))), () => this.restCarried());
    this.storeState();
    this.emit(this.get(this.exitCode));
    this.finish(exportName, ['i32']);
  }

  private loadState(): void {
    this.loadRegisters();
    const load = (variable: Variable, name: string): void => {
      this.set(
        variable,
        this.loadMemory(variable.type, variable.type === 'i64' ? 8 : 4, this.i32(0), stateAddress(name)),
      );
    };
    load(this.base, 'regionBase');
    load(this.remaining, 'remaining');
    load(this.flagsResult, 'flagsResult');
    load(this.flagsExtra, 'flagsExtra');
    this.set(this.target, this.get({ type: 'i32', index: 0 }));
  }

  private storeState(): void {
    this.storeRegisters();
    this.setState('remaining', this.get(this.remaining));
    this.setState('flagsResult', this.get(this.flagsResult));
    this.setState('flagsExtra', this.get(this.flagsExtra));
    this.setState('rip', this.get(this.rip));
  }

  /** Before an instruction: what `leave.ts` needs to bring RIP, count and flags to where they were. */
  private storeLeave(): void {
    this.storeSlots();
    this.setState('flagCode', this.get(this.flagCode));
    this.setState('regionBase', this.get(this.base));
    this.setState('leaveNumber', this.get(this.leaveNumber));
    this.setQuietly(this.exitCode, this.i32(EXIT.leave));
  }

  private leaveBy(leave: Leave): void {
    this.setQuietly(this.leaveNumber, this.i32(this.leaves.push(leave) - 1));
    this.branch(this.leaveLabel);
  }

  /**
   * Writes blocks `first` to `last`, loops among them as loops. Whoever branches to them from outside has set `target`
   * where it is not the first of its part; behind the table it does not matter any more.
   * @param head the first of them is the head of the loop that they make up
   */
  private writeBlocks(blocks: readonly RegionBlock[], first: number, last: number, head?: number): void {
    const parts: (readonly [number, number])[] = [];
    for (let i = first; i <= last; i++) {
      const end = i === head ? i : (this.ends[i] ?? i);
      parts.push([i, end]);
      i = end;
    }
    const table: Label[] = [];
    for (const [start, end] of [...parts].reverse()) {
      const label = this.open(OP.block);
      for (let i = start; i <= end; i++) {
        table[i - first] = label;
        this.ahead[i] = { label, isLoop: this.ends[start] !== undefined && start !== head };
      }
    }
    if (head !== undefined) {
      this.branchIf(table[0] as Label, this.eq(this.get(this.target), this.i32(head)), true);
    }
    this.branchTable(first === 0 ? this.get(this.target) : this.sub(this.get(this.target), this.i32(first)), table);
    for (const [start, end] of parts) {
      this.close();
      for (let i = start; i <= end; i++) this.ahead[i] = undefined;
      if (start === head || this.ends[start] === undefined) this.writeBlock(blocks[start] as RegionBlock);
      else {
        this.loops.set(start, this.open(OP.loop));
        this.writeBlocks(blocks, start, end, start);
        this.loops.delete(start);
        this.close();
        this.code.byte(0x00); // unreachable: every path above branched
      }
    }
  }

  private writeBlock(block: RegionBlock): void {
    this.current = block;
    this.expected = this.sources[block.number];
    this.ended = false;
    this.pending = 'carried';
    this.beginWindows();
    this.unused = unusedFlags(block.instructions);
    this.selfLabel = block.loops ? this.open(OP.loop) : undefined;
    const left = this.let(this.sub(this.get(this.remaining), this.i32(block.instructions.length)));
    this.ifRarely(this.cannotEnter(left), () => this.leaveBy({ delta: block.delta, left: 0, flags: CARRIED }));
    this.set(this.remaining, left);
    this.releaseTemps();
    let offset = 0;
    block.instructions.forEach((instruction, i) => {
      this.instruction = instruction;
      this.position = i;
      this.offset = offset;
      this.committed = false;
      this.mayRestart = false;
      this.beginInstruction();
      instruction.row.run(this);
      this.releaseTemps();
      offset += instruction.length;
    });
    if (!this.ended) {
      this.fallsOutOfBlock();
      this.goTo(block.delta + offset);
    }
    if (this.selfLabel !== undefined) {
      this.close();
      this.code.byte(0x00); // unreachable: every path above branched
    }
  }

  override get flagsUnused(): boolean {
    return this.unused[this.position] === true;
  }

  /** Must the region be left before a block, given the instructions that would be left behind it? */
  protected cannotEnter(left: Value): Value {
    return this.compare('ltS', left, this.i32(0));
  }

  // What the instrumented builder overrides: here nothing is emitted.

  /** Before anything else of an instruction. */
  protected beginInstruction(): void {}
  /** A branch is taken to `target`; returns the target to use. */
  protected taken(target: Value): Value {
    return target;
  }
  /** The block ends, but not by a branch. */
  protected fallsOutOfBlock(): void {}

  // ---- leaving -----------------------------------------------------------------------------------------------

  private ripAt(delta: number): Value {
    return this.offsetIn(this.mode.codeSize, this.add(this.get(this.base), this.i64(delta)));
  }

  private leaveAt(delta: number, code: number): void {
    this.setQuietly(this.rip, this.ripAt(delta));
    this.setQuietly(this.exitCode, this.i32(code));
    this.branch(this.exitLabel);
  }

  protected leaveOnFault(): void {
    if (this.committed && !this.mayRestart) {
      throw new InvariantError(`${this.instruction.row.name} can fault after it changed a register`);
    }
    this.leaveHere({ begun: true });
  }

  /** Before the running instruction. */
  protected leaveHere(more: Pick<Leave, 'begun'>): void {
    const left = this.current.instructions.length - this.position;
    const { pending } = this;
    if (pending === undefined) this.setQuietly(this.flagCode, this.i32(0));
    const flags = leaveFlags(pending === 'carried' ? undefined : pending);
    this.leaveBy({ delta: this.current.delta + this.offset, left, ...flags, ...more });
  }

  raise(): void {
    this.leaveOnFault();
  }

  host(name: string): void {
    throw new InvariantError(`host helper ${name} in a region`);
  }

  /** Goes on at a constant place: inside the region with the flags as they are, outside with flags at rest. */
  private goTo(delta: number): void {
    const next = this.current.targets.get(delta);
    if (next === undefined) {
      this.restQuietly();
      this.leaveAt(delta, EXIT.none);
      return;
    }
    this.carryFlags();
    const ahead = this.ahead[next];
    if (ahead === undefined && this.selfLabel !== undefined && this.current.number === next) {
      this.branch(this.selfLabel);
      return;
    }
    if (ahead === undefined || ahead.isLoop) this.setQuietly(this.target, this.i32(next));
    this.branch(ahead?.label ?? this.loops.get(next) ?? this.dispatchLabel);
  }

  jumpRelative(i: number): void {
    this.takeRelative(i);
    this.ended = true;
  }

  jumpRelativeIf(condition: Value, i: number): void {
    const next = this.current.delta + this.offset + this.instruction.length;
    const { targets } = this.current;
    this.emit(condition);
    // What is outside was cold when the region was made.
    if (!targets.has(this.relativeTarget(i))) this.expect(false);
    else if (!targets.has(next)) this.expect(true);
    this.open(OP.if);
    this.takeRelative(i);
    this.close();
    this.goTo(next);
    this.ended = true;
  }

  private takeRelative(i: number): void {
    const target = this.relativeTarget(i);
    this.taken(this.ripAt(target));
    this.goTo(target);
  }

  private relativeTarget(i: number): number {
    const { value } = this.operand(i) as RelativeOperand;
    return this.current.delta + this.offset + this.instruction.length + value;
  }

  /** An indirect jump stays in the region when the jump cache says that the target is one of its blocks. */
  jump(target: Value): void {
    this.set(this.rip, this.taken(target));
    this.carryFlags();
    const low = this.let(this.wrap(this.get(this.rip)));
    const slot = this.and(this.xor(low, this.shrU(low, this.i32(12))), this.i32(JUMP_CACHE_ENTRIES - 1));
    const entry = this.let(this.shl(slot, this.i32(JUMP_CACHE_ENTRY_SHIFT)));
    const tag = this.loadMemory('i64', 8, entry, JUMP_CACHE_BASE + JUMP_CACHE.tag);
    const wanted = this.xor(this.get(this.rip), this.i64(BigInt(this.mode.key) << 48n));
    this.if(this.eq(tag, wanted), () => {
      const region = this.loadMemory('i32', 4, entry, JUMP_CACHE_BASE + JUMP_CACHE.region);
      const reference = this.let(this.sub(region, this.i32(1)));
      this.if(
        this.eq(
          this.shrU(reference, this.i32(REGION_ENTRY_BITS)),
          this.loadMemory('i32', 4, this.i32(0), stateAddress('currentRegion')),
        ),
        () => {
          this.setQuietly(this.base, this.loadMemory('i64', 8, entry, JUMP_CACHE_BASE + JUMP_CACHE.base));
          this.setQuietly(this.target, this.and(reference, this.i32((1 << REGION_ENTRY_BITS) - 1)));
          this.branch(this.dispatchLabel);
        },
      );
    });
    this.setQuietly(this.exitCode, this.i32(EXIT.none));
    this.branch(this.exitLabel);
    this.ended = true;
  }

  endBlock(always: boolean): void {
    const next = this.current.delta + this.offset + this.instruction.length;
    this.restFlags();
    this.fallsOutOfBlock();
    if (always) this.leaveAt(next, EXIT.event);
    else {
      this.ifRarely(this.loadMemory('i32', 4, this.i32(0), stateAddress('attention')), () =>
        this.leaveAt(next, EXIT.event),
      );
      this.goTo(next);
    }
    this.ended = true;
  }

  leave(): void {
    throw new InvariantError('a far transfer in a region');
  }

  arrive(): void {
    this.leave();
  }

  currentRip(): Value {
    return this.ripAt(this.current.delta + this.offset);
  }

  nextRip(): Value {
    return this.ripAt(this.current.delta + this.offset + this.instruction.length);
  }

  restartable(): void {
    this.restFlags();
    this.mayRestart = true;
  }

  instructionCount(): Value {
    const left = this.current.instructions.length - this.position;
    const pending = this.widenSigned(this.add(this.get(this.remaining), this.i32(left)));
    return this.sub(this.state('icountBase'), pending);
  }
}
