/**
 * The processor put together: state, memory, helpers, decoded code, and the host loop that runs it until something
 * outside has to happen. `create-processor.ts` is its public face.
 */
import { InvariantError } from '../../core/errors.js';
import { withImports } from '../codegen/with-imports.js';
import { Decoder } from '../decode/decoder.js';
import { EventHub } from '../events/event-hub.js';
import { BlockCache } from '../interpreter/block-cache.js';
import { createDispatcher, type Dispatcher } from '../interpreter/dispatcher.js';
import { EXIT } from '../interpreter/exit-code.js';
import { HandlerTable } from '../interpreter/handler-table.js';
import { HEADER_BYTES, RECORD } from '../interpreter/micro-op.js';
import type { PreparedHandlers } from '../interpreter/prepared-handlers.js';
import { RecordForms } from '../interpreter/record-forms.js';
import { RecordWriter } from '../interpreter/record-writer.js';
import { TF } from '../isa/eflags.js';
import type { CodeStore } from '../jit/code-store.js';
import { LinearMemory } from '../mmu/linear-memory.js';
import { type DeviceWindow, PhysicalPages } from '../mmu/physical-pages.js';
import { SlowPaths } from '../mmu/slow-paths.js';
import { routineFunctions } from '../softfloat/routines.js';
import { type X87Routines, X87Stack } from '../softfloat/x87-operand.js';
import { acceptInterrupt } from './accept-interrupt.js';
import { codeImports } from './code-imports.js';
import { ControlRegisters } from './control-registers.js';
import { CpuState } from './cpu-state.js';
import { DebugUnit } from './debug-unit.js';
import { Delivery } from './delivery.js';
import { DescriptorQueries } from './descriptor-queries.js';
import { GuestException } from './exceptions.js';
import { FarTransfers } from './far-transfers.js';
import { type HostHelper, helpersByNumber } from './host-helpers.js';
import { InstructionClock } from './instruction-clock.js';
import { IoPorts } from './io-ports.js';
import { updateMode } from './mode.js';
import type { CpuModel } from './models.js';
import { MsrFile } from './msr.js';
import type { Bus, StopReason } from './processor.js';
import { resetState } from './reset.js';
import { stateAddress } from './state-layout.js';
import { deliverTraps, needsTraps, stepWithTraps } from './step-with-traps.js';
import { TaskSwitcher } from './task-switch.js';

const REMAINING = stateAddress('remaining') >> 2;
const LEFT = stateAddress('left') >> 2;
const EXIT_CODE = stateAddress('exitCode') >> 2;
const BLOCK_RIP = stateAddress('blockRip') >> 3;
const RIP = stateAddress('rip') >> 3;
const STEPPING = stateAddress('stepping') >> 2;
const EFLAGS = stateAddress('eflags') >> 2;
const ATTENTION = stateAddress('attention') >> 2;
const SHUTDOWN = stateAddress('shutdown') >> 2;
const HALTED = stateAddress('halted') >> 2;
const INTERRUPT_LINE = stateAddress('interruptLine') >> 2;
const NMI_PENDING = stateAddress('nmiPending') >> 2;

/** Longest stretch between looks at the limit; `remaining` is a 32-bit field. */
const MAX_STRETCH = 0x3fff_ffff;

export class ProcessorCore {
  readonly state: CpuState;
  readonly clock: InstructionClock;
  readonly model: CpuModel;
  readonly bus: Bus;
  readonly memory: LinearMemory;
  readonly control: ControlRegisters;
  readonly msrs: MsrFile;
  readonly transfers: FarTransfers;
  readonly delivery: Delivery;
  readonly debug: DebugUnit;
  readonly queries: DescriptorQueries;
  readonly ports: IoPorts;
  /** The register stack as the host-side x87 functions see it. */
  readonly x87: X87Stack;
  readonly decoder: Decoder;
  readonly blocks: BlockCache;
  readonly handlers: HandlerTable;
  readonly slow: SlowPaths;
  private readonly dispatcher: Dispatcher;
  readonly regionTable: WebAssembly.Table;
  private readonly helpers: readonly HostHelper[];
  private pending: GuestException | undefined;
  private record = 0;
  private stopRequested = false;
  /** Environment of generated modules. */
  readonly imports: Record<string, WebAssembly.ImportValue>;
  /** The JIT's hook: the block at RIP is hot. */
  onHot: () => void = () => {};
  /** The JIT's hook: a region left before an instruction; completes RIP, count and flags. Was the instruction begun? */
  onLeave: () => boolean = () => false;
  /** The JIT's hook: code has to be made anew. */
  onRetranslate: () => void = () => {};
  readonly events: EventHub;
  /** Instructions executed alone; for statistics. */
  steps = 0;

  constructor(options: {
    ramBytes: number;
    model: CpuModel;
    bus: Bus;
    windows: readonly DeviceWindow[];
    code?: CodeStore | undefined;
    handlers?: PreparedHandlers | undefined;
  }) {
    const { model, bus } = options;
    this.model = model;
    this.bus = bus;
    this.state = new CpuState(options.ramBytes);
    this.clock = new InstructionClock(this.state);
    const pages = new PhysicalPages(options.ramBytes, options.windows);
    this.memory = new LinearMemory(this.state, pages, bus);
    this.control = new ControlRegisters(this.state, this.memory, model, bus);
    this.msrs = new MsrFile(model, {
      state: this.state,
      control: this.control,
      bus,
      timestamp: () => this.clock.timestamp(),
    });
    this.debug = new DebugUnit(this.state);
    const tasks = new TaskSwitcher(this.state, this.memory, this.control, this.debug);
    this.transfers = new FarTransfers(this.state, this.memory, tasks);
    this.delivery = new Delivery(this.state, this.memory, this.debug, tasks);
    this.queries = new DescriptorQueries(this.state, this.memory);
    this.ports = new IoPorts(this.state, this.memory, bus, this.debug);
    this.helpers = helpersByNumber();
    this.slow = new SlowPaths(this.state, this.memory, {
      exception: (exception, record) => this.leaveWith(exception, record),
      step: (record) => {
        this.unwind(record);
        this.state.i32[EXIT_CODE] = EXIT.step;
      },
    });
    const handlers = new WebAssembly.Table({ element: 'anyfunc', initial: 4096 });
    this.regionTable = new WebAssembly.Table({ element: 'anyfunc', initial: 256 });
    this.dispatcher = createDispatcher(this.state.memory, handlers, this.regionTable);
    const floatingPoint = routineFunctions(this.state.memory);
    this.x87 = new X87Stack(this.state.memory, floatingPoint as unknown as X87Routines);
    this.imports = withImports(floatingPoint, {
      handlers,
      nextBlock: this.dispatcher.nextBlock as WebAssembly.ImportValue,
      ...codeImports(this, {
        before: (exception, record) => this.leaveWith(exception, record),
        forEvents: (record, begun) => this.leaveForEvents(record, begun),
        toStep: (record) => {
          this.unwind(record);
          return EXIT.step;
        },
        callHelper: (helper, record) => this.callHelper(helper, record),
      }),
    });
    this.decoder = new Decoder(model.features);
    this.handlers = new HandlerTable(this.imports, handlers, this.decoder, {
      store: options.code,
      prepared: options.handlers,
    });
    const blockEnd = this.handlers.add(this.dispatcher.blockEnd);
    const stepEnd = this.handlers.add(this.dispatcher.stepEnd);
    const records = new RecordWriter(this.state, { blockEnd, stepEnd });
    const forms = new RecordForms(this.decoder, this.handlers);
    this.blocks = new BlockCache(this.state, this.memory, forms, records);
    this.events = new EventHub({
      state: this.state,
      handlers: this.handlers,
      blocks: this.blocks,
      memory: this.memory,
      helperRecord: () => this.record,
      updateAttention: () => this.updateAttention(),
      imports: this.imports,
      retranslate: () => {
        this.blocks.flushBlocks();
        this.onRetranslate();
      },
    });
    this.memory.onFlush = (kind) => this.blocks.jumps.flush(kind);
    this.memory.onCodeWrite = (address, length) => this.blocks.invalidate(address, length);
    this.slow.overlapsCode = (address, length) => this.blocks.overlaps(address, length);
    this.reset();
  }

  // ---- time --------------------------------------------------------------------------------------------------

  get icount(): number {
    return this.clock.icount;
  }

  set icount(value: number) {
    this.clock.icount = value;
  }

  /** MOV SS and POP SS: no interrupt and no debug trap until the next instruction is done. */
  holdInterrupts(): void {
    this.clock.holdInterrupts();
    this.debug.hold();
    this.state.i32[ATTENTION] = 1;
  }

  // ---- leaving blocks ----------------------------------------------------------------------------------------

  private unwind(record: number): void {
    const { i32, i64 } = this.state;
    const rip = BigInt.asUintN(64, (i64[BLOCK_RIP] as bigint) + BigInt(i32[(record + RECORD.start) >> 2] as number));
    this.state.u64[RIP] = this.cutRip(rip);
    i32[REMAINING]! += i32[(record + RECORD.left) >> 2] as number;
    i32[LEFT] = 0;
    this.events.takeBack();
  }

  /** Events: leaves before the instruction of `record`, which may have been reported as begun. */
  private leaveForEvents(record: number, begun: boolean): number {
    this.unwind(record);
    if (begun) this.events.begun.note(this);
    else if ((this.state.i32[(record + RECORD.start) >> 2] as number) > 0) this.state.set('blockSequential', 1);
    return EXIT.events;
  }

  private cutRip(rip: bigint): bigint {
    const code = this.state.get('modeKey') & 3;
    return code === 2 ? rip : code === 1 ? rip & 0xffffffffn : rip & 0xffffn;
  }

  /** RIP behind the instruction whose helper runs. */
  nextRip(): bigint {
    const next = BigInt(this.state.i32[(this.record + RECORD.next) >> 2] as number);
    return this.cutRip(BigInt.asUintN(64, (this.state.i64[BLOCK_RIP] as bigint) + next));
  }

  private leaveWith(exception: GuestException, record: number): void {
    this.unwind(record);
    this.pending = exception;
    this.state.i32[EXIT_CODE] = EXIT.exception;
  }

  private callHelper(helper: number, record: number): number {
    const { i32 } = this.state;
    this.record = record;
    i32[LEFT] = i32[(record + RECORD.left) >> 2] as number;
    try {
      (this.helpers[helper] as HostHelper)(this);
      i32[LEFT] = 0;
      return EXIT.none;
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      if (error.committed) this.pending = error;
      else this.leaveWith(error, record);
      i32[LEFT] = 0;
      return EXIT.exception;
    }
  }

  // ---- the outside -------------------------------------------------------------------------------------------

  requestStop(): void {
    this.stopRequested = true;
    this.updateAttention();
  }

  setInterruptLine(level: boolean): void {
    this.state.set('interruptLine', level ? 1 : 0);
    this.updateAttention();
  }

  raiseNmi(): void {
    this.state.set('nmiPending', 1);
    this.updateAttention();
  }

  private updateAttention(): void {
    const { i32 } = this.state;
    const waits = (i32[INTERRUPT_LINE] as number) | (i32[NMI_PENDING] as number) | (i32[EFLAGS]! & TF);
    i32[ATTENTION] = this.stopRequested || this.events.isUrgent ? 1 : waits;
  }

  /** For helpers that may have moved RIP or the mode, and after which the next block runs without the host loop. */
  arrived(): void {
    updateMode(this.state);
    if (needsTraps(this)) this.state.i32[ATTENTION] = 1;
  }

  reset(): void {
    const icount = this.state.get('shutdown') < 0 ? 0 : this.icount;
    resetState(this.state, this.model);
    this.clock.restart(icount);
    this.memory.flush(true);
    updateMode(this.state);
    this.updateAttention();
    this.state.observer.reset?.();
  }

  // ---- running -----------------------------------------------------------------------------------------------

  run(limit: number): StopReason {
    this.events.start();
    this.clock.limit = limit;
    const reason = this.runToLimit();
    this.events.finish();
    return reason;
  }

  private runToLimit(): StopReason {
    const { state, clock } = this;
    for (;;) {
      if (this.events.isActive && this.events.between()) return 'events';
      updateMode(state);
      this.updateAttention();
      if (state.i32[SHUTDOWN] !== 0) return 'triple-fault';
      if (this.stopRequested) {
        this.stopRequested = false;
        return 'requested';
      }
      const now = this.icount;
      if (now >= clock.limit) return 'limit';
      const shadowed = clock.isShadowed(now);
      // Priorities: SDM volume 3, table 6-2.
      if (deliverTraps(this, shadowed)) continue;
      if (!shadowed && acceptInterrupt(this)) continue;
      if (state.i32[HALTED] !== 0) return 'halt';
      const begun = this.events.begun.waits && this.events.begun.take(this);
      if (begun || shadowed || needsTraps(this)) stepWithTraps(this, begun);
      else {
        clock.allow(now, Math.min(clock.limit - now, MAX_STRETCH));
        this.handle(this.dispatch());
      }
    }
  }

  /** Runs code until something but a missing block ends it. */
  private dispatch(): number {
    for (;;) {
      const code = this.dispatcher.dispatch();
      // Not at the limit: a page counts as executed only when an instruction of it is.
      if (code !== EXIT.miss || (this.state.i32[REMAINING] as number) <= 0) return code;
      if (!this.guarded(this.installBlock) || this.events.isActive) return EXIT.miss;
    }
  }

  deliver(exception: GuestException): void {
    this.shutdownUnless(this.delivery.exception(exception));
  }

  shutdownUnless(delivered: boolean): void {
    if (!delivered) this.state.set('shutdown', 1);
  }

  private handle(code: number): void {
    switch (code) {
      case EXIT.limit:
        // The next block is longer than what is left: go there one by one.
        if ((this.state.i32[REMAINING] as number) > 0) this.step();
        return;
      case EXIT.step:
        this.step(true);
        return;
      case EXIT.leave:
        this.afterLeave(this.onLeave());
        return;
      case EXIT.hot:
        this.guarded(this.translateHot);
        return;
      case EXIT.exception:
        this.deliverPending();
        return;
      case EXIT.miss:
      case EXIT.event:
      case EXIT.events:
        return;
      default:
        throw new InvariantError(`exit code ${code}`);
    }
  }

  private afterLeave(begun: boolean): void {
    if ((this.state.i32[REMAINING] as number) === 0) return;
    if (!this.events.isFull) this.step(begun);
    else if (begun) this.events.begun.note(this);
  }

  private deliverPending(): void {
    const exception = this.pending;
    this.pending = undefined;
    if (exception === undefined) throw new InvariantError('no exception is pending');
    updateMode(this.state);
    this.deliver(exception);
  }

  private readonly installBlock = (): void => this.blocks.install();
  private readonly translateHot = (): void => this.onHot();

  /** Runs something that may find an exception at RIP; false when it did, and the handler is where to go on. */
  private guarded(body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      this.deliver(error);
      return false;
    }
  }

  /** Executes the one instruction at RIP. Devices may be touched and code overwritten here. */
  step(begun = false): void {
    this.guarded(() => this.stepUnguarded(begun));
  }

  private stepUnguarded(begun: boolean): void {
    const { state } = this;
    const now = this.icount;
    const block = this.blocks.single();
    if (this.events.stopsNow) {
      if (begun) this.events.begun.note(this);
      return;
    }
    this.steps++;
    this.clock.allow(now, 1);
    state.i32[REMAINING] = 0;
    state.u64[BLOCK_RIP] = state.u64[RIP] as bigint;
    state.i32[STEPPING] = 1;
    // What was reported as begun is not reported again.
    const record = block.header + HEADER_BYTES + (begun ? this.events.reportBytes(block.header + HEADER_BYTES) : 0);
    const handler = this.handlers.table.get(state.i32[(record + RECORD.handler) >> 2] as number) as (
      r: number,
    ) => number;
    const code = handler(record);
    state.i32[STEPPING] = 0;
    if (code === EXIT.exception) this.deliverPending();
    else if (code === EXIT.step) throw new InvariantError('a single step asked for a single step');
  }
}
