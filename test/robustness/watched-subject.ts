/**
 * A `Subject` in a process of its own, under a watchdog: a case that does not answer in time counts as a hang, one that
 * takes the process down as a crash, and the next case meets a fresh process.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './bounded-run.js';
import type { Case, SubjectFile } from './subject.js';

/** Far beyond what any case takes, also on a machine with other work: it tells hangs, not speed. */
const PATIENCE_MS = 120_000;
const OPENING_MS = 15 * 60_000;
const HEAP_MIB = 1536;
const VICTIM = fileURLToPath(new URL('./victim.ts', import.meta.url));

interface Opened {
  readonly plugins: readonly string[];
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class VictimGone extends Error {}

export class WatchedSubject {
  readonly #file: SubjectFile;
  #process: ChildProcess | undefined;
  #pending: Pending | undefined;
  #count = 0;
  plugins: readonly string[] = [];

  constructor(file: SubjectFile) {
    this.#file = file;
  }

  async open(): Promise<this> {
    this.#process = fork(VICTIM, {
      execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP_MIB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#process.on('message', (answer: { result?: unknown; error?: string }) => {
      const pending = this.#pending;
      this.#pending = undefined;
      if (answer.error === undefined) pending?.resolve(answer.result);
      else pending?.reject(new Error(answer.error));
    });
    let said = '';
    this.#process.stderr?.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4000);
    });
    this.#process.on('exit', (code, signal) => {
      const pending = this.#pending;
      this.#pending = undefined;
      this.#process = undefined;
      pending?.reject(new VictimGone(`the process ended with ${code ?? signal}: ${said}`));
    });
    const { plugins } = (await this.#ask({ open: this.#file }, OPENING_MS)) as Opened;
    this.plugins = plugins;
    return this;
  }

  async run(wanted: Case): Promise<Outcome> {
    if (this.#process === undefined) await this.open();
    try {
      return (await this.#ask({ run: wanted }, PATIENCE_MS)) as Outcome;
    } catch (error) {
      if (!(error instanceof VictimGone)) throw error;
      return { rows: 0, partial: 0, pages: 0, failure: error.message };
    }
  }

  close(): void {
    this.#process?.kill('SIGKILL');
  }

  #ask(request: object, patience: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = this.#process;
      const timer = setTimeout(() => child?.kill('SIGKILL'), patience);
      const done = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      };
      this.#pending = { resolve: done(resolve), reject: done(reject) };
      child?.send({ id: ++this.#count, ...request });
    });
  }
}
