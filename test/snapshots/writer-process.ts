/**
 * A process that writes snapshots until it is stopped, for tests that kill it or take its disk away: `FOLDER SERIES
 * COUNT`. Snapshot N of the series holds the pages of `contents(N)`; a line on stdout says when it is committed.
 */
import { UserError } from '../../src/core/errors.js';
import { openStore } from '../../src/snapshots/store.js';
import { contents, WRITER_FRAMES } from './writer-contents.js';

const [folder = '', series = '', count = '0'] = process.argv.slice(2);
try {
  const store = openStore(folder, { create: true });
  const next = (store.list(series).at(-1)?.number ?? 0) + 1;
  for (let number = next; number < next + Number(count); number++) {
    const ranges = [{ start: 0, end: WRITER_FRAMES * 4096 }];
    const writer = store.beginSnapshot(series, { format: 'test', ranges, registers: [] });
    try {
      for (let frame = 0; frame < WRITER_FRAMES; frame++) writer.putPage(frame, contents(number, frame));
      writer.putState('number', 1, Buffer.from(String(number)));
      writer.commit({ wallTimeNs: BigInt(number) });
      process.stdout.write(`${number}\n`);
    } finally {
      writer.abort();
    }
  }
  await store.close();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
