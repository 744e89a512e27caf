/** The interpreter's side of a plan: which handlers it uses, and the records that report beginnings. */
import { withImports } from '../codegen/with-imports.js';
import type { CpuState } from '../cpu/cpu-state.js';
import type { BlockCache } from '../interpreter/block-cache.js';
import { createNotedEnds } from '../interpreter/dispatcher.js';
import { type HandlerTable, PLAIN_HANDLERS } from '../interpreter/handler-table.js';
import { RECORD } from '../interpreter/micro-op.js';
import type { BlockInstrumentation } from '../interpreter/record-writer.js';
import type { Instruction } from '../isa/instruction.js';
import { ANNOUNCE, createAnnouncer } from './announcer.js';
import { type CodePlan, maskOf } from './code-plan.js';
import type { EventHost } from './event-hub.js';
import { type EventSlots, type HandlerEvents, InstrumentedHandlerBuilder } from './instrumented-handler-builder.js';

const SLOT_NAMES = ['read', 'write', 'branch', 'watch'] as const;

export class InterpreterEvents {
  private readonly state: CpuState;
  private readonly handlers: HandlerTable;
  private readonly blocks: BlockCache;
  private readonly host: EventHost;
  /** Slots of the handler table, reserved when something is subscribed first. */
  private reserved: { readonly slots: EventSlots; announce: number; blockEnd: number; stepEnd: number } | undefined;

  constructor(host: EventHost) {
    this.host = host;
    this.state = host.state;
    this.handlers = host.handlers;
    this.blocks = host.blocks;
  }

  private reserve() {
    const { handlers } = this;
    const slots = Object.fromEntries(SLOT_NAMES.map((name) => [name, handlers.add(null)])) as unknown as EventSlots;
    const ends = createNotedEnds(this.state.memory, this.host.imports.nextBlock as WebAssembly.ImportValue);
    this.reserved = {
      slots,
      announce: handlers.add(null),
      blockEnd: handlers.add(ends.blockEnd),
      stepEnd: handlers.add(ends.stepEnd),
    };
    return this.reserved;
  }

  /** Blocks decoded from now on follow this plan. */
  use(plan: CodePlan | undefined, functions: Record<string, WebAssembly.ImportValue>): void {
    if (plan === undefined) {
      this.handlers.use(PLAIN_HANDLERS);
      this.blocks.records.instrumentation = undefined;
      return;
    }
    const reserved = this.reserved ?? this.reserve();
    const { table } = this.handlers;
    for (const name of ['read', 'write', 'branch'] as const) {
      const run = functions[`event ${name}`];
      if (run !== undefined) table.set(reserved.slots[name], run);
    }
    table.set(reserved.slots.watch, plan.functions.watch);
    table.set(reserved.announce, createAnnouncer(plan, withImports(this.host.imports, functions)));
    this.useHandlers(plan, reserved.slots);
    this.blocks.records.instrumentation = this.instrument(plan, reserved);
  }

  private useHandlers(plan: CodePlan, slots: EventSlots): void {
    if (!plan.changesInstructions) {
      this.handlers.use(PLAIN_HANDLERS);
      return;
    }
    const events: HandlerEvents = {
      read: plan.wants('read'),
      write: plan.wants('write'),
      branch: plan.wants('branch'),
      block: plan.wants('block'),
      stop: (['read', 'write', 'branch'] as const).some((kind) => plan.of(kind).some(({ stop }) => stop)),
    };
    this.handlers.use({
      key: JSON.stringify([events, slots]),
      builder: (module, mode) => new InstrumentedHandlerBuilder(module, mode, events, slots),
    });
  }

  private instrument(
    plan: CodePlan,
    { announce, blockEnd, stepEnd }: { announce: number; blockEnd: number; stepEnd: number },
  ): BlockInstrumentation {
    const blocks = plan.wants('block');
    const beginning = (kind: 'instruction' | 'block', one: Instruction, physical: number): number =>
      maskOf(plan.beginning(kind, one, physical));
    const { state } = this;
    const own = this.blocks.records.ends;
    return {
      blockEnd: blocks ? blockEnd : own.blockEnd,
      stepEnd: blocks ? stepEnd : own.stepEnd,
      // The first record of a block also resets `blockSequential`.
      recordsBefore: (one, physical, first) =>
        (blocks && first) || beginning('instruction', one, physical) !== 0 ? 1 : 0,
      writeBefore: (record, one, physical, first) => {
        const { codeSize, flat } = one.mode;
        const set = (offset: number, value: number): void => {
          state.i32[(record + offset) >> 2] = value;
        };
        set(RECORD.handler, announce);
        set(ANNOUNCE.instruction, beginning('instruction', one, physical));
        set(ANNOUNCE.block, beginning('block', one, physical));
        set(ANNOUNCE.first, first ? 1 : 0);
        set(ANNOUNCE.length, one.length);
        set(ANNOUNCE.segmented, codeSize !== 8 && !flat ? 1 : 0);
        state.u64[(record + ANNOUNCE.physical) >> 3] = BigInt(physical);
        state.i64[(record + ANNOUNCE.ripMask) >> 3] = codeSize === 8 ? -1n : codeSize === 4 ? 0xffffffffn : 0xffffn;
      },
      candidates: (one) => plan.doingMask(one),
    };
  }

  /** Is the micro-op at this place one that reports a beginning? */
  isReport(record: number): boolean {
    return this.reserved !== undefined && this.state.i32[(record + RECORD.handler) >> 2] === this.reserved.announce;
  }
}
