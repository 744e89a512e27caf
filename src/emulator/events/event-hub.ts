/**
 * Subscriptions to events, and what they mean for the running processor: code is made anew when they change, records are
 * drained between instructions, and a run stops where one asks for it.
 *
 * Observing never changes the guest: state and the instruction at which anything happens stay the same.
 */
import { InvariantError, UserError } from '../../core/errors.js';
import type { CpuState } from '../cpu/cpu-state.js';
import { EVENTS_BASE, EVENTS_BYTES } from '../cpu/memory-map.js';
import { stateAddress } from '../cpu/state-layout.js';
import type { BlockCache } from '../interpreter/block-cache.js';
import type { HandlerTable } from '../interpreter/handler-table.js';
import { RECORD_BYTES as MICRO_OP_BYTES } from '../interpreter/micro-op.js';
import type { LinearMemory } from '../mmu/linear-memory.js';
import { BegunInstruction } from './begun-instruction.js';
import { wantsBulk } from './bulk-access.js';
import { CodePlan } from './code-plan.js';
import { EventBatch } from './event-batch.js';
import { checkFilter, type Subscription } from './event-filter.js';
import { createEventFunctions, type Listener, stopMask } from './event-functions.js';
import { decodeRecord, type EventKind, kindNumber, type MachineEvent, TRANSLATED } from './event-kinds.js';
import { FIELD, FULL_AT, RECORD_BYTES } from './event-record.js';
import { HostEvents } from './host-events.js';
import { InterpreterEvents } from './interpreter-events.js';
import { WrittenPages } from './written-pages.js';

const HEAD = stateAddress('eventHead') >> 2;
const MARK = stateAddress('eventMark') >> 2;
const STOP = stateAddress('eventStop') >> 2;

/** Kinds as records hold them: what does not stay when an instruction faults. */
const ACCESSES: ReadonlySet<number> = new Set([kindNumber('read'), kindNumber('write')]);

/** Bits of a mask. */
const MOST_SUBSCRIPTIONS = 32;

export type EventHandler<K extends EventKind> = (events: EventBatch<K>) => void;

/** What consumers see. */
export interface EventSource {
  /**
   * From the next instruction on, `handler` gets the events that pass the filter, in batches: at the latest when `run`
   * comes back. It must not run the machine; it may subscribe and close.
   * @throws UserError for a filter that makes no sense, or when there are 32 subscriptions already.
   */
  subscribe<K extends EventKind>(subscription: Subscription<K>, handler?: EventHandler<K>): EventSubscription;
}

export interface EventSubscription {
  /** Ends it; what was not delivered yet is. */
  close(): void;
}

interface Entry {
  readonly listener: Listener;
  readonly handler: EventHandler<EventKind>;
}

/** The parts of the processor that events attach to. */
export interface EventHost {
  readonly state: CpuState;
  readonly handlers: HandlerTable;
  readonly blocks: BlockCache;
  readonly memory: LinearMemory;
  /** The micro-op record of the host helper that runs. */
  readonly helperRecord: () => number;
  /** Has the block that runs left at its end when that is urgent. */
  readonly updateAttention: () => void;
  readonly imports: Record<string, WebAssembly.ImportValue>;
  /** Drops all decoded and translated code. */
  retranslate(): void;
}

export class EventHub implements EventSource {
  private readonly host: EventHost;
  private readonly i32: Int32Array;
  private readonly interpreter: InterpreterEvents;
  private readonly hostEvents: HostEvents;
  private pages: WrittenPages | undefined;
  /** Records that had to make room before they could be delivered. */
  private readonly spilled: Uint8Array<ArrayBuffer>[] = [];
  private readonly entries = new Map<number, Entry>();
  private changed = false;
  private draining = false;
  private running = false;
  private stops = 0;
  /** Is anything subscribed, or about to change? The run loop asks nothing else as long as this is false. */
  isActive = false;
  /** How translated code is instrumented; undefined: not at all. */
  plan: CodePlan | undefined;
  /** Event functions for regions. */
  imports: Record<string, WebAssembly.ImportValue> = {};
  /** The instruction whose beginning was reported and that waits to be executed. */
  readonly begun = new BegunInstruction();
  /** The event at which the last run stopped. */
  stopEvent: MachineEvent | undefined;

  constructor(host: EventHost) {
    this.host = host;
    this.i32 = host.state.i32;
    this.interpreter = new InterpreterEvents(host);
    this.hostEvents = new HostEvents(host.state, host.helperRecord, {
      reserve: () => this.reserve(),
      commit: () => this.commit(),
      reported: (certain) => {
        if (certain || this.plan?.changesInstructions !== true) this.commit();
        if (this.isUrgent) this.host.updateAttention();
      },
    });
    this.i32[HEAD] = EVENTS_BASE;
    this.i32[MARK] = EVENTS_BASE;
  }

  subscribe<K extends EventKind>(
    subscription: Subscription<K>,
    handler: EventHandler<K> = () => {},
  ): EventSubscription {
    const kinds = [subscription.kind].flat() as EventKind[];
    const condition = checkFilter(kinds, subscription);
    const bit = Array.from({ length: MOST_SUBSCRIPTIONS }, (_, i) => i).find((one) => !this.entries.has(one));
    if (bit === undefined) {
      throw new UserError(
        `there are ${MOST_SUBSCRIPTIONS} subscriptions to events already`,
        'close one, or join ranges',
      );
    }
    const listener = { kinds: new Set(kinds), condition, stop: subscription.stop ?? false, bit };
    const entry: Entry = { listener, handler: handler as EventHandler<EventKind> };
    this.entries.set(bit, entry);
    this.noteChange();
    return {
      close: () => {
        if (this.entries.get(bit) !== entry) return;
        this.drain();
        this.entries.delete(bit);
        this.noteChange();
      },
    };
  }

  private noteChange(): void {
    this.changed = true;
    this.isActive = true;
    if (!this.running && !this.draining) this.apply();
  }

  // ---- for the run loop ------------------------------------------------------------------------------------------

  get isFull(): boolean {
    return (this.i32[HEAD] as number) >= FULL_AT;
  }

  /** The run loop has to look before the next block. */
  get isUrgent(): boolean {
    return this.isActive && (this.i32[STOP] !== 0 || this.isFull);
  }

  /** Between two instructions: makes changes effective and drains a full buffer. True: the run stops here. */
  between(): boolean {
    if (this.i32[STOP] !== 0) {
      this.i32[STOP] = 0;
      this.drain();
      return true;
    }
    if (this.isFull) this.drain();
    if (this.changed) this.apply();
    return false;
  }

  /** A run begins: changes wait until the processor is between two instructions. */
  start(): void {
    if (this.draining) throw new InvariantError('a handler of events ran the machine');
    this.running = true;
  }

  /** The run is over: handlers have seen everything of it. */
  finish(): void {
    this.running = false;
    if (!this.isActive) return;
    this.drain();
    if (this.changed) this.apply();
  }

  /** Takes back the accesses that an instruction reported and that is left; what else it caused stays. */
  takeBack(): void {
    // Only instrumented handlers keep the mark, and only they report before they are done.
    if (this.plan?.changesInstructions !== true) return;
    const { bytes } = this.host.state;
    const end = this.i32[HEAD] as number;
    let kept = this.i32[MARK] as number;
    for (let at = kept; at < end; at += RECORD_BYTES) {
      if (ACCESSES.has(bytes[at] as number)) continue;
      bytes.copyWithin(kept, at, at + RECORD_BYTES);
      kept += RECORD_BYTES;
    }
    this.i32[HEAD] = kept;
  }

  private commit(): void {
    this.i32[MARK] = this.i32[HEAD] as number;
  }

  /** One helper can report without end (INS, OUTS): what is certain moves out of the way. */
  private reserve(): void {
    if ((this.i32[HEAD] as number) + RECORD_BYTES <= EVENTS_BASE + EVENTS_BYTES) return;
    const mark = this.i32[MARK] as number;
    const { bytes } = this.host.state;
    this.spilled.push(bytes.slice(EVENTS_BASE, mark));
    bytes.copyWithin(EVENTS_BASE, mark, this.i32[HEAD]);
    this.i32[HEAD]! -= mark - EVENTS_BASE;
    this.i32[MARK] = EVENTS_BASE;
  }

  /** Did something ask to stop before the instruction that is about to be executed? */
  get stopsNow(): boolean {
    return this.i32[STOP] !== 0;
  }

  /** Was the instruction of this micro-op record reported as begun when its handler ran? */
  isBegun(record: number): boolean {
    return this.reportBytes(record) === 0;
  }

  /** Bytes of the micro-op that reports a beginning, if there is one at `record`. */
  reportBytes(record: number): number {
    return this.interpreter.isReport(record) ? MICRO_OP_BYTES : 0;
  }

  /** Must a repeated string instruction go element by element, because a subscription wants its accesses? */
  wantsBulk(bytes: number, reads: boolean): boolean {
    return this.plan?.changesInstructions === true && wantsBulk(this.host.state, this.plan, bytes, reads);
  }

  private apply(): void {
    this.changed = false;
    this.drain();
    const listeners = [...this.entries.values()].map((entry) => entry.listener);
    this.isActive = listeners.length > 0;
    this.stops = stopMask(listeners);
    const translated = listeners.filter(({ kinds }) => [...kinds].some((kind) => TRANSLATED.has(kind)));
    const hadPlan = this.plan !== undefined;
    const functions = createEventFunctions(this.host.state.memory, listeners);
    this.imports = Object.fromEntries(
      [...functions.byKind].map(([kind, run]) => [`event ${kind}`, run as unknown as WebAssembly.ImportValue]),
    );
    this.plan = translated.length === 0 ? undefined : new CodePlan(translated, functions);
    this.hostEvents.use(functions.byKind, listeners);
    const pagesChanged = this.usePages(listeners);
    if (this.plan === undefined && !hadPlan && !pagesChanged) return;
    this.interpreter.use(this.plan, this.imports);
    this.host.state.set('blockSequential', 1);
    this.host.retranslate();
  }

  /** Begins or ends looking at written pages; true when that changed. */
  private usePages(listeners: readonly Listener[]): boolean {
    const wanted = listeners.some(({ kinds }) => kinds.has('code-write') || kinds.has('code-execute'));
    if (wanted === (this.pages !== undefined)) return false;
    this.watchPages(wanted);
    return true;
  }

  private watchPages(wanted: boolean): void {
    const { state, memory, blocks } = this.host;
    this.pages?.end();
    this.pages = wanted
      ? new WrittenPages(state, memory.pages, memory.tlb, blocks, this.hostEvents.pageReports)
      : undefined;
    state.observer.pages = this.pages;
  }

  /** Another state was loaded: what is remembered of the one before does not count. */
  restored(): void {
    this.begun.forget();
    this.i32[STOP] = 0;
    this.host.state.set('blockSequential', 1);
    if (this.pages === undefined) return;
    this.watchPages(true);
    this.host.retranslate();
  }

  // ---- delivery --------------------------------------------------------------------------------------------------

  /** Hands all complete records to the handlers. */
  drain(): void {
    const end = this.i32[HEAD] as number;
    if (end === EVENTS_BASE || this.draining) return;
    const spilled = this.spilled.splice(0);
    this.i32[HEAD] = EVENTS_BASE;
    this.i32[MARK] = EVENTS_BASE;
    this.draining = true;
    try {
      for (const { buffer } of spilled) this.deliver(new DataView(buffer));
      this.deliver(new DataView(this.host.state.memory.buffer, EVENTS_BASE, end - EVENTS_BASE));
    } finally {
      this.draining = false;
    }
  }

  private deliver(records: DataView): void {
    const entries = [...this.entries.values()];
    if (this.stops !== 0) this.noteStop(records);
    // Every record is of some subscription.
    if (entries.length === 1) entries[0]?.handler(new EventBatch(records, undefined));
    else for (const { listener, handler } of entries) this.deliverTo(listener, handler, records);
  }

  private deliverTo({ bit }: Listener, handler: EventHandler<EventKind>, records: DataView): void {
    const words = new Int32Array(records.buffer, records.byteOffset, records.byteLength / 4);
    const indices = new Uint32Array(records.byteLength / RECORD_BYTES);
    let found = 0;
    for (let i = 0; i < indices.length; i++) {
      if ((((words[(i * RECORD_BYTES + FIELD.subscriptions) >> 2] as number) >>> bit) & 1) !== 0) indices[found++] = i;
    }
    if (found === 0) return;
    handler(new EventBatch(records, found === indices.length ? undefined : indices.subarray(0, found)));
  }

  /** The last event that stops is the one at which the run stands. */
  private noteStop(records: DataView): void {
    for (let i = records.byteLength / RECORD_BYTES - 1; i >= 0; i--) {
      if ((records.getUint32(i * RECORD_BYTES + FIELD.subscriptions, true) & this.stops) === 0) continue;
      this.stopEvent = decodeRecord(records, i);
      return;
    }
  }
}
