/**
 * The interpreter's reports of beginning instructions and blocks: a record of its own in front of an instruction's,
 * written only where a subscription may want it. Its handler is generated with the event functions.
 */

import { OpBuilder } from '../codegen/op-builder.js';
import { OP, type Value } from '../codegen/value.js';
import { WasmModule } from '../codegen/wasm-module.js';
import { segmentAddress, stateAddress } from '../cpu/state-layout.js';
import { RECORD, RECORD_BYTES } from '../interpreter/micro-op.js';
import type { CodePlan } from './code-plan.js';
import type { EventKind } from './event-kinds.js';
import { EVENT_FUNCTION, FULL_AT } from './event-record.js';

/** The fields of an announcing record beside `handler`, `start`, `next` and `left`. */
export const ANNOUNCE = {
  /** Subscriptions that come into question. */
  instruction: RECORD.registers,
  block: RECORD.registers + 4,
  /** 1: the record begins a decoded block. */
  first: RECORD.registers + 8,
  length: RECORD.base,
  /** 1: the base of CS has to be added to RIP. */
  segmented: RECORD.index,
  /** Physical address. */
  physical: RECORD.immediate,
  /** Bits of RIP that count. */
  ripMask: RECORD.displacement,
} as const;

const HANDLER = { params: ['i32'], results: ['i32'] } as const;

class AnnounceBuilder extends OpBuilder {
  private readonly record: Value;
  private readonly plan: CodePlan;

  constructor(module: WasmModule, plan: CodePlan) {
    super(module, HANDLER.params);
    this.plan = plan;
    this.record = this.get({ type: 'i32', index: 0 });
  }

  build(): void {
    const rip = this.let(
      this.and(
        this.add(this.state('i64', 'blockRip'), this.widenSigned(this.field(RECORD.start))),
        this.wide(ANNOUNCE.ripMask),
      ),
    );
    const base = this.loadMemory('i64', 8, this.i32(0), segmentAddress(1));
    const moved = this.and(this.add(rip, base), this.i64(0xffffffff));
    const address = this.let(this.select(this.field(ANNOUNCE.segmented), moved, rip));
    this.markHere();
    this.if(this.compare('geU', this.state('i32', 'eventHead'), this.i32(FULL_AT)), () => this.leaveBy('eventsFull'));
    const stop = this.variable('i32');
    if (this.plan.wants('block')) {
      this.if(this.field(ANNOUNCE.first), () => {
        this.if(this.eqz(this.state('i32', 'blockSequential')), () => {
          this.set(stop, this.report('block', address, rip, this.field(ANNOUNCE.block)));
        });
        this.storeMemory(4, this.i32(0), stateAddress('blockSequential'), this.i32(0));
      });
    }
    if (this.plan.wants('instruction')) {
      const one = this.report('instruction', address, rip, this.field(ANNOUNCE.instruction));
      this.set(stop, this.or(this.get(stop), one));
    }
    this.markHere();
    this.if(this.get(stop), () => this.leaveBy('eventStopBefore'));
    this.emit(this.add(this.record, this.i32(RECORD_BYTES)));
    this.emit(this.field(RECORD_BYTES + RECORD.handler));
    this.code.byte(OP.returnCallIndirect);
    this.code.unsigned(this.module.type(HANDLER));
    this.code.byte(0);
    this.code.byte(OP.unreachable);
    this.finish('announce', HANDLER.results);
  }

  /** What was reported up to here stays, whatever becomes of the instruction. */
  private markHere(): void {
    this.storeMemory(4, this.i32(0), stateAddress('eventMark'), this.state('i32', 'eventHead'));
  }

  private report(kind: EventKind, address: Value, rip: Value, candidates: Value): Value {
    const pending = this.add(this.state('i32', 'remaining'), this.field(RECORD.left));
    const nothing = this.i64(0);
    const args = [address, this.wide(ANNOUNCE.physical), nothing, nothing, rip, pending, this.field(ANNOUNCE.length)];
    return this.call(`event ${kind}`, EVENT_FUNCTION, [...args, candidates]) as Value;
  }

  private leaveBy(name: 'eventsFull' | 'eventStopBefore'): void {
    this.return(this.call(name, HANDLER, [this.record]) as Value);
  }

  private state(type: 'i32' | 'i64', name: string): Value {
    return this.loadMemory(type, type === 'i64' ? 8 : 4, this.i32(0), stateAddress(name));
  }

  private field(offset: number): Value {
    return this.loadMemory('i32', 4, this.record, offset);
  }

  private wide(offset: number): Value {
    return this.loadMemory('i64', 8, this.record, offset);
  }
}

/** The handler `announce` for the subscriptions of a plan. */
export function createAnnouncer(plan: CodePlan, imports: Record<string, WebAssembly.ImportValue>): unknown {
  const module = new WasmModule();
  module.importTable('handlers');
  new AnnounceBuilder(module, plan).build();
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: imports }).exports.announce;
}
