/**
 * The interpreter's builder with events. Handlers are shared by all instructions of a shape, so nothing of a filter is
 * in them: which subscriptions come into question is in the record, and the event functions, which change with the
 * subscriptions, are called through slots of the handler table.
 *
 * The beginnings of instructions and blocks are records of their own; see `announcer.ts`.
 */
import type { Value } from '../codegen/value.js';
import type { WasmModule } from '../codegen/wasm-module.js';
import { stateAddress } from '../cpu/state-layout.js';
import { HandlerBuilder } from '../interpreter/handler-builder.js';
import { RECORD } from '../interpreter/micro-op.js';
import type { CpuMode } from '../isa/instruction.js';
import { ACCESS_WRITE } from '../isa/memory-builder.js';
import { callSlot, halves, physicalOf } from './access-report.js';
import { isBranch } from './code-plan.js';
import { BRANCH_KINDS, type EventKind } from './event-kinds.js';
import { BRANCH_ACCESS, EVENT_FUNCTION, FULL_AT, WATCH_FUNCTION } from './event-record.js';
import { branchKind } from './instrumented-region-builder.js';

/** What the handlers report; each combination is a set of handlers of its own. */
export interface HandlerEvents {
  readonly read: boolean;
  readonly write: boolean;
  readonly branch: boolean;
  readonly block: boolean;
  /** Something may stop the run: such instructions are executed alone. */
  readonly stop: boolean;
}

/** Places in the handler table. */
export interface EventSlots {
  readonly read: number;
  readonly write: number;
  readonly branch: number;
  readonly watch: number;
}

const FROM_RECORD = { params: ['i32'], results: ['i32'] } as const;

export class InstrumentedHandlerBuilder extends HandlerBuilder {
  private readonly events: HandlerEvents;
  private readonly slots: EventSlots;

  constructor(module: WasmModule, mode: CpuMode, events: HandlerEvents, slots: EventSlots) {
    super(module, mode);
    this.events = events;
    this.slots = slots;
  }

  protected override beginInstruction(): void {
    const head = this.let(this.head());
    this.setState('eventMark', head);
    this.if(this.compare('geU', head, this.i32(FULL_AT)), () => this.leaveBy('eventsFull'));
    const { branch, stop } = this.events;
    if (branch && stop && isBranch(this.instruction)) this.executeAloneIf(this.watch(this.i64(0), BRANCH_ACCESS));
  }

  protected override fallsOutOfBlock(): void {
    if (this.events.block) this.setState('blockSequential', this.i32(1));
  }

  override restartPoint(): void {
    const head = this.let(this.head());
    this.setState('eventMark', head);
    this.if(this.compare('geU', head, this.i32(FULL_AT)), () => this.leaveBy('eventsFull'));
  }

  protected override taken(target: Value): Value {
    if (!this.events.branch) return target;
    const to = this.let(target);
    const args = [to, this.i64(0), this.i64(0), this.i64(0)];
    this.report('branch', args, BRANCH_KINDS.indexOf(branchKind(this.instruction.row)) << 8);
    return to;
  }

  protected override beforeAccess(address: Value, access: number): void {
    const { read, write, stop } = this.events;
    if (!stop || !((access & ACCESS_WRITE) !== 0 || read) || !(read || write)) return;
    this.executeAloneIf(this.watch(address, access));
  }

  private watch(address: Value, access: number): Value {
    const args = [address, this.i32(access), this.field(RECORD.candidates)];
    return callSlot(this, WATCH_FUNCTION, this.slots.watch, args);
  }

  protected override afterAccess(address: Value, access: number, host: Value, value: Value): void {
    const kind = (access & ACCESS_WRITE) === 0 ? 'read' : 'write';
    if (!this.events[kind]) return;
    const bytes = access & 0xff;
    this.report(kind, [address, physicalOf(this, host), ...halves(this, value, bytes)], bytes);
  }

  protected override afterUpdate(address: Value, access: number, host: Value, old: Value): void {
    this.afterAccess(address, access & ~ACCESS_WRITE, host, old);
    if (!this.events.write) return;
    const value = this.let(this.loadMemory(old.type, access & 0xff, host));
    this.afterAccess(address, access, host, value);
  }

  private head(): Value {
    return this.loadMemory('i32', 4, this.i32(0), stateAddress('eventHead'));
  }

  private report(kind: EventKind & keyof EventSlots, args: readonly Value[], info: number): void {
    const pending = this.add(
      this.loadMemory('i32', 4, this.i32(0), stateAddress('remaining')),
      this.field(RECORD.left),
    );
    const rest = [this.currentRip(), pending, this.i32(info), this.field(RECORD.candidates)];
    callSlot(this, EVENT_FUNCTION, this.slots[kind], [...args, ...rest]);
  }

  /** Leaves for a single step, unless this is one. */
  private executeAloneIf(condition: Value): void {
    const stepping = this.loadMemory('i32', 4, this.i32(0), stateAddress('stepping'));
    this.if(this.and(this.ne(condition, this.i32(0)), this.eqz(stepping)), () => this.leaveBy('eventStep'));
  }

  private leaveBy(name: 'eventsFull' | 'eventStep'): void {
    this.return(this.call(name, FROM_RECORD, [this.record]) as Value);
  }
}
