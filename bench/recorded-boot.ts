/**
 * One boot of a guest to a guest time, as `live run` does it: `recorded-boot.ts GUEST.json SECONDS STORE APPEND [recorded]`,
 * with a snapshot every second of guest time when told. Prints JSON, a `RecordedBoot`.
 *
 * The thread that stores is the built one: what is measured is not how fast TypeScript is loaded.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadGuestFile } from '../src/guests/guest-file.js';
import { GuestRun } from '../src/live/guest-run.js';
import { LiveGuest } from '../src/live/live-guest.js';
import { type StartStoring, startThread, storeHere } from '../src/live/storing.js';
import { openStore } from '../src/snapshots/store.js';

const SECOND = 1e9;
/** Beyond the last snapshot, so that it is taken. */
const REST = 1e6;
export const STORING_THREAD = new URL('../build/live/storing-thread.js', import.meta.url);

export interface RecordedBoot {
  /** Milliseconds on the wall until the guest had come so far, and until all was stored. */
  readonly guest: number;
  readonly all: number;
  /** Milliseconds of the processor: of the thread that runs the guest, and of the whole process. */
  readonly thread: number;
  readonly cpu: number;
  /** Milliseconds that the guest stood still for each snapshot. */
  readonly pauses: readonly number[];
}

/** Milliseconds of the processor that this thread has had. Linux. */
function threadTime(): number {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** @param append what else the kernel is told */
async function boot(
  path: string,
  seconds: number,
  { folder, append, recorded }: { folder: string; append: string; recorded: boolean },
): Promise<RecordedBoot> {
  const plain = await loadGuestFile(path);
  const end = seconds * SECOND + REST;
  const store = openStore(folder, { create: true });
  const startStoring: StartStoring = recorded ? (...args) => startThread(STORING_THREAD, ...args) : storeHere;
  const pauses: number[] = [];
  let guest = Number.NaN;
  const before = { wall: performance.now(), thread: threadTime(), cpu: process.cpuUsage() };
  const sink = startStoring(store, { series: 'boot', keep: {} }, {});
  const live = await LiveGuest.boot({ ...plain, append: `${plain.append ?? ''} ${append}` }, (byte) =>
    run.printed(byte),
  );
  const timed = !recorded ? [] : [{ label: 'every 1s', clock: 'time', every: SECOND } as const];
  const run: GuestRun = new GuestRun(
    live,
    store,
    sink,
    { series: 'boot', schedule: { timed, events: [], end: { clock: 'time', after: end } }, speed: 'max' },
    {
      console: () => {},
      rested: () => {
        if (live.machine.time < end) return;
        guest = performance.now() - before.wall;
        run.stop('the bench', { snapshot: false });
      },
      snapshot: ({ pause }) => void pauses.push(pause),
      remark: (text) => void process.stderr.write(`${text}\n`),
    },
  );
  await run.run();
  const all = performance.now() - before.wall;
  const thread = threadTime() - before.thread;
  const { user, system } = process.cpuUsage(before.cpu);
  live.close();
  await store.close();
  return { guest, all, thread, cpu: (user + system) / 1000, pauses };
}

const [, script, path = '', seconds = '', folder = '', append = '', recorded] = process.argv;
if (script === fileURLToPath(import.meta.url)) {
  const measured = await boot(path, Number(seconds), { folder, append, recorded: recorded !== undefined });
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}
