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
import { gprAddress, SEGMENT_OFFSETS, segmentAddress, stateAddress } from '../cpu/state-layout.js';
import { EXIT } from '../interpreter/exit-code.js';
import { registerField } from '../interpreter/handler-builder.js';
import {
  JUMP_CACHE,
  JUMP_CACHE_ENTRIES,
  JUMP_CACHE_ENTRY_SHIFT,
  REGION_ENTRY_BITS,
} from '../interpreter/jump-cache.js';
import {
  type CpuMode,
  type ImmediateOperand,
  type MemoryOperand,
  type RegisterOperand,
  type RelativeOperand,
  RIP_BASE,
} from '../isa/instruction.js';
import { ACCESS_WRITE } from '../isa/instruction-builder.js';
import { TLB_SUPERVISOR, TLB_USER } from '../mmu/tlb-layout.js';
import { CARRIED, type Leave, leaveFlags } from './leave.js';
import type { RegionBlock } from './region-blocks.js';
import { RegionFlags } from './region-flags.js';

export class RegionBuilder extends RegionFlags {
  private readonly registers: (Variable | undefined)[] = [];
  private readonly written = new Set<number>();
  protected readonly base: Variable;
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
  /** Label of each block that lies ahead, or undefined behind. */
  private labels: (Label | undefined)[] = [];
  private selfLabel: Label | undefined;
  protected current!: RegionBlock;
  protected position = 0;
  protected offset = 0;
  private ended = false;
  private mayRestart = false;

  constructor(module: WasmModule, mode: CpuMode, usedRegisters: ReadonlySet<number>) {
    super(module, ['i32'], mode);
    for (let index = 0; index < 16; index++) {
      this.registers.push(usedRegisters.has(index) ? this.variable('i64') : undefined);
    }
    this.base = this.variable('i64');
    this.remaining = this.variable('i32');
    this.rip = this.variable('i64');
    this.exitCode = this.variable('i32');
    this.target = this.variable('i32');
    this.leaveNumber = this.variable('i32');
  }

  /** Writes the region; entry number i of the function is `blocks[i]`. */
  build(blocks: readonly RegionBlock[], exportName: string): void {
    this.loadState();
    this.exitLabel = this.open(OP.block);
    this.leaveLabel = this.open(OP.block);
    this.dispatchLabel = this.open(OP.loop);
    this.labels = blocks.map(() => undefined);
    for (let i = blocks.length - 1; i >= 0; i--) this.labels[i] = this.open(OP.block);
    this.branchTable(this.get(this.target), this.labels as Label[]);
    blocks.forEach((block, i) => {
      this.close();
      this.labels[i] = undefined;
      this.writeBlock(block, i);
    });
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
    this.registers.forEach((variable, index) => {
      if (variable !== undefined) this.set(variable, this.loadMemory('i64', 8, this.i32(0), gprAddress(index)));
    });
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
    for (const index of this.written) {
      this.storeMemory(8, this.i32(0), gprAddress(index), this.get(this.registers[index] as Variable));
    }
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

  private writeBlock(block: RegionBlock, number: number): void {
    this.current = block;
    this.ended = false;
    this.pending = 'carried';
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
    void number;
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
    const ahead = this.labels[next];
    if (ahead !== undefined) this.branch(ahead);
    else if (this.selfLabel !== undefined && this.current.number === next) this.branch(this.selfLabel);
    else {
      this.setQuietly(this.target, this.i32(next));
      this.branch(this.dispatchLabel);
    }
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

  // ---- registers ---------------------------------------------------------------------------------------------

  private register(index: number): Variable {
    const variable = this.registers[index];
    if (variable === undefined) throw new InvariantError(`register ${index} is not in the region's set`);
    return variable;
  }

  gpr(index: number, size: number, high = false): Value {
    const wide = this.get(this.register(index));
    if (size === 8) return wide;
    const word = this.wrap(wide);
    return this.truncate(high ? this.shrU(word, this.i32(8)) : word, size);
  }

  setGpr(index: number, size: number, value: Value, high = false): void {
    const variable = this.register(index);
    this.written.add(index);
    this.committed = true;
    if (size >= 4) {
      this.set(variable, this.widen(value));
      return;
    }
    const shift = high ? 8 : 0;
    const mask = (size === 1 ? 0xffn : 0xffffn) << BigInt(shift);
    const kept = this.and(this.get(variable), this.i64(BigInt.asIntN(64, ~mask)));
    this.set(variable, this.or(kept, this.shl(this.widen(value), this.i64(shift))));
  }

  registerAddress(i: number): Value {
    return this.i32(registerField(this.operand(i) as RegisterOperand));
  }

  protected readGprOperand(i: number): Value {
    const { index, size, high } = this.operand(i) as RegisterOperand;
    return this.gpr(index, size, high);
  }

  protected writeGprOperand(i: number, value: Value): void {
    const { index, size, high } = this.operand(i) as RegisterOperand;
    this.setGpr(index, size, value, high);
  }

  protected immediate(i: number): Value {
    const { size, value } = this.operand(i) as ImmediateOperand;
    return this.constant(size, value);
  }

  // ---- memory ------------------------------------------------------------------------------------------------

  effectiveAddress(i: number): Value {
    const { base, index, scale, displacement } = this.operand(i) as MemoryOperand;
    if (base === RIP_BASE) {
      const next = this.current.delta + this.offset + this.instruction.length;
      const sum = this.add(this.get(this.base), this.i64(next + Number(displacement)));
      return this.offsetIn(this.instruction.addressSize, sum);
    }
    if (this.instruction.addressSize === 4) return this.widen(this.effectiveNarrow(base, index, scale, displacement));
    let sum: Value | undefined;
    if (base >= 0) sum = this.gpr(base, 8);
    if (index >= 0) {
      const scaled = this.shl(this.gpr(index, 8), this.i64(scale));
      sum = sum === undefined ? scaled : this.add(sum, scaled);
    }
    const offset = this.i64(displacement);
    return this.offsetIn(this.instruction.addressSize, sum === undefined ? offset : this.add(sum, offset));
  }

  private effectiveNarrow(base: number, index: number, scale: number, displacement: number | bigint): Value {
    const offset = this.i32(Number(displacement));
    let sum: Value | undefined;
    if (base >= 0) sum = this.gpr(base, 4);
    if (index >= 0) {
      const scaled = this.shl(this.gpr(index, 4), this.i32(scale));
      sum = sum === undefined ? scaled : this.add(sum, scaled);
    }
    return sum === undefined ? offset : this.add(sum, offset);
  }

  protected segmentOf(i: number): number {
    return (this.operand(i) as MemoryOperand).segment;
  }

  protected linear(
    offset: Value,
    { segment, segmented, access }: { segment: Value | number; segmented: boolean; access: number },
  ): Value {
    if (!segmented) return offset;
    const address = segmentAddress(segment as number);
    const base = this.loadMemory('i64', 8, this.i32(0), address + SEGMENT_OFFSETS.base);
    if (this.mode.codeSize === 8) return this.add(offset, base);
    const fixed = this.let(offset);
    if (access !== 0) {
      const bound = (access & ACCESS_WRITE) === 0 ? SEGMENT_OFFSETS.readEnd : SEGMENT_OFFSETS.writeEnd;
      const end = this.add(fixed, this.i64(access & 0xff));
      this.ifRarely(this.compare('gtU', end, this.loadMemory('i64', 8, this.i32(0), address + bound)), () => {
        this.setState('argument0', fixed);
        const allowed = this.call('segmentCheck', { params: ['i32', 'i32', 'i32'], results: ['i32'] }, [
          this.i32(address),
          this.i32(access),
          this.i32(0),
        ]) as Value;
        this.ifRarely(this.eqz(allowed), () => this.leaveOnFault());
      });
    }
    return this.and(this.add(fixed, base), this.i64(0xffffffff));
  }

  protected tlb(): [undefined, number] {
    return [undefined, this.mode.user ? TLB_USER : TLB_SUPERVISOR];
  }

  protected recordPointer(): Value {
    return this.i32(0);
  }

  protected commitUpdate(): void {}
}
