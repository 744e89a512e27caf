/**
 * The JIT's builder with events: the same code, with reports where subscriptions ask for them. What a filter says of
 * static things is decided here, what it says of addresses is compared inline, the rest is in the event function.
 *
 * A record is only ever appended for an instruction that goes on: an instruction that is left takes back what it
 * reported, and whoever executes it reports it again. What stops the run is left to a single step altogether.
 */
import type { Variable } from '../codegen/op-builder.js';
import type { Value } from '../codegen/value.js';
import type { WasmModule } from '../codegen/wasm-module.js';
import { RAM_BASE } from '../cpu/memory-map.js';
import { segmentAddress, stateAddress } from '../cpu/state-layout.js';
import type { CpuMode } from '../isa/instruction.js';
import { ACCESS_WRITE } from '../isa/memory-builder.js';
import { classesOf } from '../isa/opcode-class.js';
import type { Row } from '../isa/row.js';
import { RegionBuilder } from '../jit/region-builder.js';
import { TLB_OFFSETS } from '../mmu/tlb-layout.js';
import { halves, physicalOf } from './access-report.js';
import { type CodePlan, maskOf } from './code-plan.js';
import type { Listener } from './event-functions.js';
import { BRANCH_KINDS, type BranchKind, type EventKind } from './event-kinds.js';
import { EVENT_FUNCTION, FULL_AT } from './event-record.js';
import { conditionCode, type Known } from './filter-code.js';

/** Filters that are compared inline at most; more are left to the event function. */
const MOST_INLINE = 4;

export class InstrumentedRegionBuilder extends RegionBuilder {
  private readonly plan: CodePlan;
  /** Where the buffer ended when the running instruction began to do things. */
  private readonly mark: Variable;
  /** The running instruction may have reported something that leaving has to take back. */
  private reported = false;

  constructor(module: WasmModule, mode: CpuMode, usedRegisters: ReadonlySet<number>, plan: CodePlan) {
    super(module, mode, usedRegisters);
    this.plan = plan;
    this.mark = this.variable('i32');
  }

  /** Every access has to be seen. */
  protected override planWindows(): void {}

  // ---- blocks and instructions ---------------------------------------------------------------------------------

  protected override cannotEnter(left: Value): Value {
    const full = this.compare('geU', this.head(), this.i32(FULL_AT));
    return this.or(super.cannotEnter(left), full);
  }

  /** Events are seen between instructions. */
  override get flagsUnused(): boolean {
    return false;
  }

  protected override fallsOutOfBlock(): void {
    if (this.plan.wants('block')) this.setState('blockSequential', this.i32(1));
  }

  protected override beginInstruction(): void {
    const { plan, instruction } = this;
    const physical = this.current.physical + this.offset;
    this.reported = false;
    if (this.position === 0 && plan.wants('block')) this.beginBlock(physical);
    const listeners = plan.beginning('instruction', instruction, physical);
    if (listeners.length > 0) this.reportBeginning('instruction', listeners, physical);
    if (plan.doing('branch', instruction).some(({ stop }) => stop)) this.leaveUnconditionally();
    if (plan.wants('read', 'write')) this.set(this.mark, this.head());
  }

  private beginBlock(physical: number): void {
    const listeners = this.plan.beginning('block', this.instruction, physical);
    if (listeners.length > 0) {
      const sequential = this.loadMemory('i32', 4, this.i32(0), stateAddress('blockSequential'));
      this.if(this.eqz(sequential), () => this.reportBeginning('block', listeners, physical));
    }
    this.setState('blockSequential', this.i32(0));
  }

  private reportBeginning(kind: 'instruction' | 'block', listeners: readonly Listener[], physical: number): void {
    const address = this.let(this.linearRip());
    const known = { address, size: this.i64(1) };
    const stopping = listeners.filter(({ stop }) => stop);
    if (stopping.length > 0) {
      // Not begun: the single step reports it and stops there.
      this.if(this.anyOf(stopping, known), () => this.leaveBeforeBeginning());
    }
    const report = (): void => {
      const args = [address, this.i64(physical), this.i64(0), this.i64(0), this.currentRip()];
      this.callEvent(kind, args, this.instruction.length, listeners);
    };
    if (listeners.length <= MOST_INLINE) this.if(this.anyOf(listeners, known), report);
    else report();
  }

  private linearRip(): Value {
    const { codeSize, flat } = this.mode;
    if (codeSize === 8 || flat) return this.currentRip();
    const base = this.loadMemory('i64', 8, this.i32(0), segmentAddress(1));
    return this.and(this.add(this.currentRip(), base), this.i64(0xffffffff));
  }

  // ---- leaving -------------------------------------------------------------------------------------------------

  private leaveBeforeBeginning(): void {
    if (this.position > 0) this.setState('blockSequential', this.i32(1));
    this.leaveHere({});
  }

  private leaveUnconditionally(): void {
    this.if(this.i32(1), () => this.leaveOnFault());
  }

  protected override leaveOnFault(): void {
    if (this.reported) this.setState('eventHead', this.get(this.mark));
    super.leaveOnFault();
  }

  override restartPoint(): void {
    if (!this.plan.wants('read', 'write')) return;
    this.set(this.mark, this.head());
    this.if(this.compare('geU', this.head(), this.i32(FULL_AT)), () => this.leaveOnFault());
  }

  // ---- what the instruction does -------------------------------------------------------------------------------

  protected override taken(target: Value): Value {
    const listeners = this.plan.doing('branch', this.instruction);
    if (listeners.length === 0) return target;
    const to = this.let(target);
    const args = [to, this.i64(0), this.i64(0), this.i64(0), this.currentRip()];
    this.callEvent('branch', args, BRANCH_KINDS.indexOf(branchKind(this.instruction.row)) << 8, listeners);
    return to;
  }

  protected override beforeAccess(address: Value, access: number): void {
    const stopping = this.accessListeners(access, true).filter(({ stop }) => stop);
    if (stopping.length === 0) return;
    const known = { address, size: this.i64(access & 0xff) };
    const leave = (): void => this.leaveOnFault();
    if (!stopping.some(({ condition }) => condition.physicalRanges !== undefined)) {
      this.if(this.anyOf(stopping, known), leave);
      return;
    }
    // Physical addresses are known where the TLB serves the access; the others are left to the single step.
    this.if(this.anyOf(stopping, known), () => {
      const entry = this.tlbEntry(address);
      const tag = (access & ACCESS_WRITE) === 0 ? TLB_OFFSETS.readTag : TLB_OFFSETS.writeTag;
      const host = this.add(this.wrap(address), this.tlbLoad(entry, TLB_OFFSETS.addend));
      const physical = this.let(this.widen(this.sub(host, this.i32(RAM_BASE))));
      const served = this.hits(address, entry, access & 0xff, tag);
      this.if(this.or(this.eqz(served), this.anyOf(stopping, { ...known, physical })), leave);
    });
  }

  /** Subscriptions that an access may interest; before it, an update counts as a read too. */
  private accessListeners(access: number, before: boolean): Listener[] {
    const write = (access & ACCESS_WRITE) !== 0;
    const found = new Set(this.plan.doing(write ? 'write' : 'read', this.instruction));
    if (write && before) for (const one of this.plan.doing('read', this.instruction)) found.add(one);
    return [...found];
  }

  protected override afterAccess(address: Value, access: number, host: Value, value: Value): void {
    const listeners = this.accessListeners(access, false);
    if (listeners.length === 0) return;
    const bytes = access & 0xff;
    this.reported = true;
    const report = (): void => {
      const args = [address, physicalOf(this, host), ...halves(this, value, bytes), this.currentRip()];
      this.callEvent((access & ACCESS_WRITE) === 0 ? 'read' : 'write', args, bytes, listeners);
    };
    const inline = listeners.length <= MOST_INLINE;
    const comparesValues = inline && listeners.some(({ condition }) => condition.value !== undefined);
    const known = {
      address,
      size: this.i64(bytes),
      ...(comparesValues && { value: this.let(halves(this, value, bytes)[0]) }),
    };
    if (inline) this.if(this.anyOf(listeners, known), report);
    else report();
  }

  protected override afterUpdate(address: Value, access: number, host: Value, old: Value): void {
    this.afterAccess(address, access & ~ACCESS_WRITE, host, old);
    if (this.accessListeners(access, false).length === 0) return;
    const value = this.let(this.loadMemory(old.type, access & 0xff, host));
    this.afterAccess(address, access, host, value);
  }

  // ---- calls ---------------------------------------------------------------------------------------------------

  private head(): Value {
    return this.loadMemory('i32', 4, this.i32(0), stateAddress('eventHead'));
  }

  private anyOf(listeners: readonly Listener[], known: Known): Value {
    return listeners.map(({ condition }) => conditionCode(this, condition, known)).reduce((x, y) => this.or(x, y));
  }

  private callEvent(kind: EventKind, args: readonly Value[], info: number, listeners: readonly Listener[]): void {
    const left = this.current.instructions.length - this.position;
    const pending = this.add(this.get(this.remaining), this.i32(left));
    this.call(`event ${kind}`, EVENT_FUNCTION, [...args, pending, this.i32(info), this.i32(maskOf(listeners))]);
  }
}

/** The kind of a near branch. */
export function branchKind(row: Row): BranchKind {
  const classes = classesOf(row);
  return (['call', 'return', 'conditional'] as const).find((name) => classes.has(name)) ?? 'jump';
}
