/**
 * The one port through which the outside reaches a machine. Recording: what arrives is stamped and delivered between
 * two instructions. Replaying: the log is delivered at its stamps and nothing else is let in until it ends.
 */
import { UserError } from '../../core/errors.js';
import { INPUT_LOG_SCHEMA, INPUT_LOG_VERSION, type Input, type InputLog, type LogEntry } from './input-log.js';

const NEVER = Number.POSITIVE_INFINITY;

export interface InputPortOptions {
  /** Stamps of this moment. */
  readonly now: () => { readonly icount: number; readonly time: number };
  readonly deliver: (input: Input) => void;
}

export class InputPort {
  readonly #options: InputPortOptions;
  #entries: LogEntry[] = [];
  /** Host input that waits for the next stop between instructions. */
  #waiting: Input[] = [];
  #replayed: readonly LogEntry[] = [];
  #nextEvent = 0;

  constructor(options: InputPortOptions) {
    this.#options = options;
  }

  /** Everything that has entered so far. */
  get log(): InputLog {
    return { schema: INPUT_LOG_SCHEMA, version: INPUT_LOG_VERSION, entries: [...this.#entries] };
  }

  /**
   * Plays `log` from the present state on. Entries before now are taken as having happened.
   * @throws UserError when the log is not one that this build reads.
   */
  replay(log: InputLog): void {
    if (log.schema !== INPUT_LOG_SCHEMA || log.version !== INPUT_LOG_VERSION) {
      throw new UserError(
        `not an input log of version ${INPUT_LOG_VERSION}: ${log.schema} ${log.version}`,
        'record the run again with this version',
      );
    }
    const { time } = this.#options.now();
    this.#entries = log.entries.filter((entry) => entry.time < time);
    this.#replayed = log.entries.filter((entry) => entry.time >= time);
    this.#waiting = [];
    this.#nextEvent = 0;
  }

  get isReplaying(): boolean {
    return this.#nextEvent < this.#replayed.length;
  }

  /** Hands in input from the host. Ignored, with `false`, while a log is replayed. */
  offer(input: Input): boolean {
    if (this.isReplaying) return false;
    this.#waiting.push(input);
    return true;
  }

  /** Guest time of the next entry to deliver; the past when the host has handed something in. */
  get next(): number {
    if (this.#waiting.length > 0) return 0;
    return this.#replayed[this.#nextEvent]?.time ?? NEVER;
  }

  /** Delivers what is due. To be called between two instructions only. */
  deliverDue(): void {
    const now = this.#options.now();
    for (;;) {
      const entry = this.#replayed[this.#nextEvent];
      if (entry === undefined || entry.time > now.time) break;
      if (entry.icount !== now.icount) diverged(entry, now);
      this.#nextEvent++;
      this.#entries.push(entry);
      this.#options.deliver(entry);
    }
    for (const input of this.#waiting.splice(0)) {
      this.#entries.push({ ...input, ...now });
      this.#options.deliver(input);
    }
  }
}

function diverged(entry: LogEntry, now: { readonly icount: number; readonly time: number }): never {
  throw new UserError(
    `the replay diverged: ${entry.kind} input of instruction ${entry.icount} met instruction ${now.icount}`,
    'replay with the machine settings, images and version that made the recording',
  );
}
