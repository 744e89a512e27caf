/**
 * A run of a guest under a name: claims the name in the store, boots the guest or brings it back from a snapshot, runs
 * it, and serves those who control it through the socket. In the foreground or the background: it knows no terminal.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SerialSink } from '../emulator-host/serial-sink.js';
import { convertImage } from '../formats/convert-image.js';
import type { GuestFile } from '../guests/guest-file.js';
import { checkTag } from '../snapshots/series-name.js';
import type { SnapshotSink } from '../snapshots/snapshot-sink.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { ControlServer, type RequestHandlers } from './control/control-server.js';
import type { RunStatus } from './control/protocol.js';
import { type ClaimedName, claimName, runFolder, runPaths } from './control/run-folder.js';
import { describeEnd, GuestRun, type RunEnd, type RunOptions } from './guest-run.js';
import { LiveGuest } from './live-guest.js';
import type { Recorded } from './recorder.js';
import { loadGuest } from './saved-guest.js';
import { type StartStoring, storeHere } from './storing.js';

/** What is run: a guest from its beginning, or from a snapshot on. */
export type GuestSource = { readonly guest: GuestFile } | { readonly series: string; readonly number: number };

export interface SessionHost {
  /** What the guest prints on its first serial port. */
  output(bytes: Uint8Array): void;
  snapshot(recorded: Recorded): void;
  remark(text: string): void;
}

export class LiveSession {
  readonly run: GuestRun;
  readonly #live: LiveGuest;
  readonly #storing: SnapshotSink;
  readonly #options: RunOptions;
  readonly #name: ClaimedName;
  #server: ControlServer | undefined;
  #ended: () => void = () => {};
  readonly #end = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });

  private constructor(live: LiveGuest, run: GuestRun, storing: SnapshotSink, options: RunOptions, name: ClaimedName) {
    this.#live = live;
    this.run = run;
    this.#storing = storing;
    this.#options = options;
    this.#name = name;
  }

  /**
   * Makes everything ready; nothing has run when it returns.
   * @param startStoring who stores the snapshots
   * @throws UserError when the name is taken, or the guest cannot be booted or brought back
   */
  static async open(
    store: SnapshotStore,
    source: GuestSource,
    options: RunOptions,
    host: SessionHost,
    startStoring: StartStoring = storeHere,
  ): Promise<LiveSession> {
    const { series } = options;
    const title = 'guest' in source ? source.guest.name : `${source.series}@${source.number}`;
    const name = claimName(store, series, title);
    let storing: SnapshotSink | undefined;
    try {
      sweepCopies(store.folder, series);
      let server: ControlServer | undefined;
      const remark = (text: string) => {
        host.remark(text);
        server?.remark(text);
      };
      storing = startStoring(store, { series, keep: options.schedule }, { remark });
      const sink = new SerialSink((bytes) => {
        host.output(bytes);
        server?.printed(bytes);
      });
      const live = await openGuest(store, source, (byte) => run.printed(byte));
      const run: GuestRun = new GuestRun(live, store, storing, options, {
        console: (byte) => sink.push(byte),
        rested: () => sink.flush(),
        snapshot: (recorded) => host.snapshot(recorded),
        remark,
      });
      const session = new LiveSession(live, run, storing, options, name);
      server = await ControlServer.listen(runPaths(store.folder, series).socket, session.#handlers(store));
      session.#server = server;
      return session;
    } catch (error) {
      await storing?.close();
      name.release();
      throw error;
    }
  }

  /** Runs to the end and gives the name back. */
  async toEnd(): Promise<RunEnd> {
    let how = 'an error';
    try {
      const end = await this.run.run();
      how = describeEnd(end);
      return end;
    } finally {
      this.#ended();
      this.#name.release();
      this.#live.close();
      await this.#server?.close(how);
      await this.#storing.close();
    }
  }

  status(stateHash = false): RunStatus {
    const { machine, guest } = this.#live;
    const { run } = this;
    const { schedule } = this.#options;
    return {
      name: run.series,
      guest: guest.name,
      pid: process.pid,
      state: run.state,
      since: this.#name.since,
      instructions: machine.icount,
      guestTime: machine.time,
      wallTime: run.clocks.wall,
      snapshots: run.counts.taken,
      missed: run.counts.missed,
      ...(run.last === undefined ? {} : { last: run.last }),
      schedule: [...schedule.timed, ...schedule.events].map(({ label }) => label),
      ...(stateHash ? { stateHash: this.stateHash() } : {}),
    };
  }

  /** A digest of the whole machine as it stands. */
  stateHash(): string {
    return this.#live.machine.stateHash();
  }

  /** What each request does. */
  #handlers(store: SnapshotStore): Omit<RequestHandlers, 'console'> {
    const { run } = this;
    return {
      status: ({ stateHash }) => run.standingStill(() => this.status(stateHash)),
      send: async ({ data }) => {
        await run.standingStill(() => run.type(Buffer.from(data, 'base64')));
        return null;
      },
      snapshot: async ({ label, tag }) => {
        if (tag !== undefined) checkTag(tag);
        const { snapshot, pause } = await run.snapshot('on demand', label, tag);
        return { series: snapshot.series, number: snapshot.number, pause };
      },
      pause: () =>
        run.standingStill(() => {
          run.pause();
          return this.status();
        }),
      resume: () =>
        run.standingStill(() => {
          run.resume();
          return this.status();
        }),
      stop: async ({ discard = false }) => {
        run.stop('stopped', { snapshot: !discard });
        await this.#end;
        return this.status();
      },
      memory: () =>
        run.standingStill(async () => {
          const path = join(runFolder(store.folder), `${copyPrefix(run.series)}${randomUUID()}`);
          await convertImage(this.#live.memory, 'elf', path);
          const { icount, time } = this.#live.machine;
          return { path, instructions: icount, guestTime: time };
        }),
    };
  }
}

async function openGuest(
  store: SnapshotStore,
  source: GuestSource,
  printed: (byte: number) => void,
): Promise<LiveGuest> {
  if ('guest' in source) return LiveGuest.boot(source.guest, printed);
  const { series, number } = source;
  const memory = store.openMemory(series, number);
  try {
    return LiveGuest.resume(loadGuest(store, series, number), memory, printed);
  } finally {
    memory.close();
  }
}

/** Copies of memory begin so; a client that was killed has left its own. */
const copyPrefix = (name: string): string => `${name}.memory-`;

function sweepCopies(store: string, name: string): void {
  for (const file of readdirSync(runFolder(store))) {
    if (file.startsWith(copyPrefix(name))) rmSync(join(runFolder(store), file), { force: true });
  }
}
