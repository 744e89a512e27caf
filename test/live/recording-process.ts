/**
 * A process that runs a guest and has its snapshots stored by a thread until it is killed: `GUEST STORE THREAD`, with the file of the thread. A line on stdout
 * says the number of each that is stored.
 */
import { loadGuestFile } from '../../src/guests/guest-file.js';
import { LiveSession } from '../../src/live/live-session.js';
import { startThread } from '../../src/live/storing.js';
import { openStore } from '../../src/snapshots/store.js';

const [guest = '', folder = '', thread = ''] = process.argv.slice(2);
const session = await LiveSession.open(
  openStore(folder, { create: true }),
  { guest: await loadGuestFile(guest) },
  {
    series: 'tiny',
    schedule: { timed: [{ label: 'every', clock: 'time', every: 1e6 }], events: [] },
    speed: 'max',
  },
  {
    output: () => {},
    snapshot: ({ snapshot }) => void process.stdout.write(`${snapshot.number}\n`),
    remark: (text) => void process.stderr.write(`${text}\n`),
  },
  (...args) => startThread(new URL(thread), ...args),
);
await session.toEnd();
