/**
 * The work of `live run`, in the foreground or as the process behind `live start`: store, guest, terminal, signals, and
 * what is said meanwhile.
 */
import { ConsoleMenu } from '../live/console-menu.js';
import { describeEnd, type RunEnd, type Speed } from '../live/guest-run.js';
import { LiveSession } from '../live/live-session.js';
import type { Recorded } from '../live/recorder.js';
import { storeInThread } from '../live/storing.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { SnapshotStore } from '../snapshots/store.js';
import { ConsoleVoice } from './console-voice.js';
import { type ScheduleFlags, scheduleOf } from './live-flags.js';
import { defaultName, liveSource, readScript } from './live-source.js';
import { withStore } from './snapshot-flags.js';
import { terminalKeys } from './terminal-keys.js';

export interface LiveFlags extends ScheduleFlags {
  readonly store?: string | undefined;
  readonly from?: string | undefined;
  readonly name?: string | undefined;
  readonly replace: boolean;
  readonly speed?: Speed | undefined;
  readonly script?: string | undefined;
  readonly quiet: boolean;
}

export interface LiveReport {
  readonly taken: readonly SnapshotInfo[];
  /** A digest of the machine as it ended. */
  stateHash(): string;
  readonly exitCode: number;
}

/** What was started in the background has no terminal, and says when it is ready. */
export interface Background {
  ready(): void;
}

/** Ends that are a failure of the guest or of its script. */
const FAILURES: ReadonlySet<RunEnd['kind']> = new Set(['panic', 'triple-fault', 'script']);
/** Exit codes of a process that a signal ended, as shells count. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNALS;
/** Bytes of console that a background process writes to its log. */
const MOST_LOGGED = 16 << 20;

/** Runs a guest to its end. @throws UserError when it cannot begin */
export function runLive(guest: string | undefined, flags: LiveFlags, background?: Background): Promise<LiveReport> {
  const schedule = scheduleOf(flags);
  const script = flags.script === undefined ? undefined : readScript(flags.script);
  const hasTerminal = background === undefined && process.stdin.isTTY === true && script === undefined;
  const voice = new ConsoleVoice(flags.quiet, background === undefined ? Number.POSITIVE_INFINITY : MOST_LOGGED);
  const say = (text: string) => voice.say(text);
  const taken: SnapshotInfo[] = [];
  return withStore(
    flags.store,
    async (store) => {
      const source = await liveSource(store, guest, flags.from);
      const series = flags.name ?? defaultName(source);
      const session = await LiveSession.open(
        store,
        source,
        {
          series,
          schedule,
          script,
          speed: flags.speed ?? (hasTerminal || background !== undefined ? 'real' : 'max'),
          interactive: hasTerminal || background !== undefined,
        },
        {
          output: (bytes) => voice.output(bytes),
          snapshot: (recorded) => {
            taken.push(recorded.snapshot);
            say(describeSnapshot(recorded));
          },
          remark: say,
        },
        storeInThread,
      );
      emptySeries(store, series, flags.replace, say);
      const giveBack = [endOnSignals(session), ...(hasTerminal ? [attachTerminal(session, say)] : [])];
      background?.ready();
      try {
        const end = await session.toEnd();
        say(`the run ended: ${describeEnd(end)}`);
        return { taken, stateHash: () => session.stateHash(), exitCode: exitCode(end, session) };
      } finally {
        for (const each of giveBack) each();
      }
    },
    { create: true },
  );
}

function exitCode(end: RunEnd, { run }: LiveSession): number {
  if (end.kind === 'stopped' && Object.hasOwn(SIGNALS, end.by)) return SIGNALS[end.by as Signal];
  const failed = FAILURES.has(end.kind) || (end.kind === 'exit' && end.code !== 0) || run.counts.missed > 0;
  return failed ? 1 : 0;
}

export function describeSnapshot({ snapshot, pause }: Recorded): string {
  return `snapshot ${snapshot.series}@${snapshot.number}, ${pause.toFixed(0)} ms, ${snapshot.moment.reason}`;
}

/** A series may have snapshots of an earlier run. */
function emptySeries(store: SnapshotStore, series: string, replace: boolean, say: (text: string) => void): void {
  const older = store.list(series);
  if (older.length === 0) return;
  if (!replace) say(`${series} has ${older.length} snapshots already; --replace removes such`);
  else store.removeSeries(series);
}

/** A first signal ends the run in order, with a last snapshot; a second one ends the process. */
function endOnSignals({ run }: LiveSession): () => void {
  const handlers = (Object.keys(SIGNALS) as Signal[]).map((signal) => {
    let seen = false;
    const handler = () => {
      if (seen) process.exit(SIGNALS[signal]);
      seen = true;
      run.stop(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const off of handlers) off();
  };
}

/** Keys go to the guest; Ctrl-] opens the menu. */
function attachTerminal({ run }: LiveSession, say: (text: string) => void): () => void {
  const menu = new ConsoleMenu(
    [
      {
        key: 's',
        summary: 'takes a snapshot',
        run: () => void run.snapshot('on demand').catch((error: Error) => say(error.message)),
      },
      {
        key: 'p',
        summary: 'pauses or resumes',
        run: () => {
          say(run.paused ? 'resumed' : 'paused');
          if (run.paused) run.resume();
          else run.pause();
        },
      },
      { key: 'q', summary: 'ends the run', run: () => run.stop('stopped') },
    ],
    say,
  );
  const detach = terminalKeys((bytes) => {
    const typed = menu.typed(bytes);
    if (typed.length > 0) run.type(typed);
  });
  // Only now do keys go where the line says.
  say('Ctrl-] opens the menu');
  return detach;
}
