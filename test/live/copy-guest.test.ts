/** What a snapshot of a running guest has is what its memory was: all of it, the changes, and after a gap. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadGuestFile } from '../../src/guests/guest-file.js';
import { copyGuest } from '../../src/live/copy-guest.js';
import { LiveGuest } from '../../src/live/live-guest.js';
import { loadGuest } from '../../src/live/saved-guest.js';
import { storeHere } from '../../src/live/storing.js';
import { noise, PAGE, pagesOf, temporaryFolder, temporaryStore } from '../snapshots/temporary-store.js';
import { writeTinyGuest } from './tiny-guest.js';

const MS = 1e6;

test('copies of a guest are its memory, of one that was brought back, too', async () => {
  const store = temporaryStore();
  const sink = storeHere(store, { series: 'tiny', keep: {} }, {});
  onTestFinished(() => sink.close());
  const take = async (live: LiveGuest, pages: 'all' | 'changed' = 'all') => {
    const { stored } = await copyGuest(live, sink, { series: 'tiny', reason: 'test', pages });
    const now = pagesOf(live.memory);
    const { number, pagesWritten } = await stored;
    const memory = store.openMemory('tiny', number);
    expect(pagesOf(memory).map((page, frame) => (page === now[frame] ? '' : frame))).toEqual(now.map(() => ''));
    memory.close();
    return { number, pagesWritten };
  };
  const path = writeTinyGuest(join(temporaryFolder(), 'guest'), noise(64 * PAGE, 1));
  const live = await LiveGuest.boot(await loadGuestFile(path), () => {});
  live.run({ time: 10 * MS });
  const first = await take(live);
  expect(first.pagesWritten).toBeGreaterThan(128);
  live.run({ time: 20 * MS });
  const second = await take(live, 'changed');
  expect(second.pagesWritten).toBeLessThan(20);
  // A part is taken and lost: the next needs all.
  live.run({ time: 30 * MS });
  live.takeFrames(false);
  live.run({ time: 40 * MS });
  expect((await take(live)).pagesWritten).toBeGreaterThan(128);

  const memory = store.openMemory('tiny', second.number);
  const again = LiveGuest.resume(loadGuest(store, 'tiny', second.number), memory, () => {});
  memory.close();
  again.run({ time: 25 * MS });
  expect((await take(again)).pagesWritten).toBeGreaterThan(128);
  for (const each of [live, again]) each.close();
});
