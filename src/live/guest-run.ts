/**
 * Runs a guest: from slice to slice, with snapshots on a schedule, typed bytes, and orders that are carried out between
 * two instructions. What happens is a function of the guest, the schedule and what is typed; slices and orders that
 * only look change nothing.
 *
 * It knows no terminal, no socket and no files but the store.
 */
import { setImmediate } from 'node:timers/promises';
import { UserError } from '../core/errors.js';
import type { Outcome } from '../emulator/machine/outcome.js';
import { PanicWatch } from '../emulator-host/panic-watch.js';
import { type ScriptStep, SerialScript } from '../emulator-host/serial-script.js';
import type { SnapshotSink } from '../snapshots/snapshot-sink.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { Alarm } from './alarm.js';
import { EventWatcher } from './events/event-watcher.js';
import type { Happening } from './events/guest-events.js';
import { Hiding } from './hiding.js';
import type { LiveGuest } from './live-guest.js';
import { Pacer } from './pacer.js';
import { type Recorded, Recorder } from './recorder.js';
import { type Clocks, type Due, type Schedule, Timetable } from './schedule.js';
import { Slice } from './slice.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Guest nanoseconds in one go while the guest is paced to the wall. */
const PACED_SLICE = 5e6;

export const SPEEDS = ['max', 'real'] as const;
export type Speed = (typeof SPEEDS)[number];

export interface RunOptions {
  /** Where the snapshots go. */
  readonly series: string;
  readonly schedule: Schedule;
  /** `real`: guest time does not run ahead of the clock on the wall. */
  readonly speed: Speed;
  readonly script?: readonly ScriptStep[] | undefined;
  /** Whether somebody may type: a guest that waits for input that never comes has ended otherwise. */
  readonly interactive?: boolean;
}

/** Who watches the run. Called while the guest stands still or, for the console, runs. */
export interface RunHost {
  console(byte: number): void;
  /** The guest stands still now: a prompt may have been printed that ends in no new line. */
  rested(): void;
  /** A snapshot is stored; the guest may have run on since its moment. */
  snapshot(recorded: Recorded): void;
  remark(text: string): void;
}

export type RunEnd =
  | Outcome
  | { readonly kind: 'panic' }
  | { readonly kind: 'script'; readonly waitingFor: string }
  | { readonly kind: 'stopped'; readonly by: string };

type Order = () => unknown;

export class GuestRun {
  readonly series: string;
  readonly #live: LiveGuest;
  readonly #options: RunOptions;
  readonly #host: RunHost;
  readonly #timetable: Timetable;
  readonly #recorder: Recorder;
  readonly #pacer: Pacer;
  readonly #slice = new Slice();
  readonly #alarm = new Alarm();
  readonly #panic = new PanicWatch();
  readonly #script: SerialScript | undefined;
  readonly #began = performance.now();
  readonly #orders: Order[] = [];
  /** What was typed and has not entered the guest. */
  #typed: Uint8Array[] = [];
  readonly #watcher: EventWatcher;
  readonly #hiding: Hiding;
  /** What has happened and has no snapshot yet. */
  #happenings: Happening[] = [];
  readonly #end: Clocks;
  /** The guest sleeps, and may up to this guest time. */
  #sleepTo: number | undefined;
  #paused = false;
  #stop: { readonly by: string; readonly snapshot: boolean } | undefined;
  #over = false;

  /**
   * The guest must not have run on since it was booted or brought back; its console must lead to `printed`.
   * @param sink where snapshots go that are to be found in `store`; closed when the run ends
   */
  constructor(live: LiveGuest, store: SnapshotStore, sink: SnapshotSink, options: RunOptions, host: RunHost) {
    this.series = options.series;
    this.#live = live;
    this.#options = options;
    this.#host = host;
    const { schedule, script } = options;
    const { clocks } = this;
    this.#timetable = new Timetable(schedule.timed, clocks);
    const { end } = schedule;
    this.#end = { time: NEVER, icount: NEVER, wall: NEVER, ...(end && { [end.clock]: clocks[end.clock] + end.after }) };
    this.#recorder = new Recorder(live, store, sink, options.series, host);
    this.#pacer = new Pacer(live.machine);
    this.#watcher = new EventWatcher(live, schedule.events, {
      happened: (happening) => {
        this.#happenings.push(happening);
        live.machine.processor.requestStop();
      },
      remark: (text) => host.remark(text),
    });
    this.#hiding = new Hiding(live, (text) => host.remark(text));
    this.#script = script === undefined ? undefined : new SerialScript(script, (bytes) => this.#enter(bytes));
  }

  /** What the clocks of schedules show. */
  get clocks(): Clocks {
    const { machine } = this.#live;
    return { time: machine.time, icount: machine.icount, wall: performance.now() - this.#began };
  }

  get paused(): boolean {
    return this.#paused;
  }

  get state(): 'running' | 'paused' | 'ended' {
    if (this.#over) return 'ended';
    return this.#paused ? 'paused' : 'running';
  }

  /** Snapshots taken, and those that could not be. */
  get counts(): { readonly taken: number; readonly missed: number } {
    return this.#recorder.counts;
  }

  /** Number of the last snapshot stored. */
  get last(): number | undefined {
    return this.#recorder.last;
  }

  /** Takes a byte that the guest has printed on its first serial port. */
  printed(byte: number): void {
    const { machine } = this.#live;
    this.#host.console(byte);
    this.#panic.printed(byte, machine.time);
    this.#script?.printed(byte);
    this.#watcher.printed(byte);
    this.#hiding.printed(byte);
    if (this.#hiding.isDue) machine.processor.requestStop();
  }

  /** Types on the guest's first serial port, as soon as it has come to this moment. */
  type(bytes: Uint8Array): void {
    this.#typed.push(bytes);
    this.#alarm.ring();
  }

  pause(): void {
    this.#paused = true;
    this.#alarm.ring();
  }

  resume(): void {
    this.#paused = false;
    this.#alarm.ring();
  }

  /** Ends the run; `by` says on whose account, `snapshot` whether the end is stored. */
  stop(by: string, { snapshot = true }: { readonly snapshot?: boolean } = {}): void {
    this.#stop ??= { by, snapshot };
    this.#alarm.ring();
  }

  /** Carries `order` out while the guest stands still, between two instructions, however long it takes. */
  standingStill<T>(order: () => T | Promise<T>): Promise<T> {
    if (this.#over) return Promise.reject(new UserError(`'${this.series}' has ended`));
    const done = new Promise<T>((resolve, reject) => {
      this.#orders.push(async () => {
        try {
          resolve(await order());
        } catch (error) {
          reject(error);
        }
      });
    });
    this.#alarm.ring();
    return done;
  }

  /** Takes a snapshot as soon as the guest stands still. @throws UserError when the store cannot be written to */
  async snapshot(reason: string, label?: string, tag?: string): Promise<Recorded> {
    const { stored } = await this.standingStill(() => this.#recorder.take(reason, label, tag));
    return stored;
  }

  /** Runs the guest to its end, the schedule's or `stop`. */
  async run(): Promise<RunEnd> {
    for (;;) {
      // One that has slept first comes to the moment at which it was woken.
      if (this.#sleepTo === undefined) await this.#attend();
      if (this.#stop !== undefined) return this.#finish({ kind: 'stopped', by: this.#stop.by });
      const outcome = this.#advance();
      this.#host.rested();
      if (outcome.kind === 'event') this.#watcher.stopped(outcome.event);
      else if (outcome.kind !== 'reached') return this.#finish(outcome);
      if (this.#watcher.nextLook <= this.#live.machine.time) await this.#watcher.look();
      if (this.#hiding.isDue) await this.#hiding.carryOut();
      if (this.#panic.over <= this.#live.machine.time) return this.#finish({ kind: 'panic' });
      if (this.#isOver()) return this.#finish({ kind: 'reached', condition: 'time' });
      await this.#takeDue();
      if (outcome.kind === 'event') continue;
      if (outcome.condition === 'halt') {
        if (await this.#rest()) return this.#finish({ kind: 'waiting' });
      } else if (this.#isPaced) await this.#alarm.sleep(this.#pacer.until(this.#live.machine.time));
    }
  }

  /** Lets the rest of the process run, carries out orders, and waits while the run is paused. */
  async #attend(): Promise<void> {
    await setImmediate();
    for (;;) {
      await this.#carryOut();
      if (!this.#paused || this.#stop !== undefined) break;
      await this.#alarm.sleep(NEVER);
      this.#pacer.restart();
    }
    for (const bytes of this.#typed.splice(0)) this.#enter(bytes);
  }

  #enter(bytes: Uint8Array): void {
    this.#live.machine.input.offer({ kind: 'serial', port: 0, bytes });
    // So that the moment at which it enters does not depend on how long the processor would have run.
    this.#live.machine.processor.requestStop();
  }

  async #carryOut(): Promise<void> {
    for (let order = this.#orders.shift(); order !== undefined; order = this.#orders.shift()) await order();
  }

  get #isPaced(): boolean {
    return this.#options.speed === 'real';
  }

  /** Where guest time must stop whatever the guest does. */
  get #nextStop(): number {
    return Math.min(this.#timetable.next('time'), this.#end.time, this.#panic.over, this.#watcher.nextLook);
  }

  #advance(): Outcome {
    const { machine } = this.#live;
    const slice = machine.time + (this.#isPaced ? PACED_SLICE : this.#slice.length);
    const icount = Math.min(this.#timetable.next('icount'), this.#end.icount);
    const sleeps = this.#sleepTo !== undefined;
    const started = performance.now();
    const outcome = machine.run({
      time: Math.min(this.#sleepTo ?? slice, this.#nextStop),
      ...(icount === NEVER ? {} : { icount }),
      halt: !sleeps && (this.#isPaced || machine.nextDeadline === NEVER),
      event: () => this.#happenings.length > 0 || this.#hiding.isDue,
    });
    this.#sleepTo = undefined;
    this.#pacer.caughtUp();
    if (!sleeps && machine.time >= slice) this.#slice.took(performance.now() - started);
    return outcome;
  }

  /**
   * The guest sleeps: says up to when it may, and waits for the wall to come there when it is paced. True when nothing
   * will ever wake it.
   */
  async #rest(): Promise<boolean> {
    const { machine } = this.#live;
    const wake = Math.min(machine.nextDeadline, this.#nextStop);
    const wall = Math.min(this.#timetable.next('wall'), this.#end.wall) - this.clocks.wall;
    if (wake === NEVER) {
      if (this.#options.interactive !== true && wall === NEVER) return true;
      await this.#alarm.sleep(wall);
      if (this.#isPaced) this.#sleepTo = Math.max(machine.time, this.#pacer.now);
    } else if (this.#isPaced) {
      await this.#alarm.sleep(Math.min(this.#pacer.until(wake), wall));
      this.#sleepTo = Math.max(machine.time, Math.min(wake, this.#pacer.now));
    } else this.#sleepTo = wake;
    return false;
  }

  #isOver(): boolean {
    const { clocks } = this;
    return clocks.time >= this.#end.time || clocks.icount >= this.#end.icount || clocks.wall >= this.#end.wall;
  }

  /** One snapshot for everything that is due at this moment, and for `also`. */
  async #takeDue(...also: string[]): Promise<void> {
    const happened = this.#happenings;
    this.#happenings = [];
    const due: readonly Due[] = this.#timetable.take(this.clocks);
    for (const { label, missed } of due) if (missed > 0) this.#recorder.skipped(missed, label);
    const labels = [...due, ...happened].map(({ label }) => label);
    const reasons = [...new Set([...labels, ...also])];
    const details = happened.map(({ detail }) => detail).filter((detail) => detail !== '');
    if (reasons.length === 0) return;
    await this.#recorder.take(reasons.join(', '), details.length === 0 ? undefined : details.join(', '));
  }

  async #finish(end: RunEnd): Promise<RunEnd> {
    if (this.#stop?.snapshot !== false) await this.#takeDue(end.kind === 'reached' ? 'end' : describeEnd(end));
    await this.#carryOut();
    this.#over = true;
    await this.#recorder.close();
    const waiting = this.#script?.waitingFor;
    if (waiting !== undefined && (end.kind === 'reached' || end.kind === 'waiting')) {
      return { kind: 'script', waitingFor: waiting.text };
    }
    return end;
  }
}

/** How a run ended, in words. */
export function describeEnd(end: RunEnd): string {
  switch (end.kind) {
    case 'reached':
      return 'the time is over';
    case 'stopped':
      return end.by;
    case 'script':
      return `the script still waits for '${end.waitingFor}'`;
    case 'reset':
      return `reset by the ${end.by}`;
    case 'exit':
      return `exit ${end.code}`;
    default:
      return end.kind;
  }
}
