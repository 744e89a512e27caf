/** The way of a copy into the store, with both ends in one thread: what is stored, how much is on the way, what fails. */
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { serveSink } from '../../src/snapshots/serve-sink.js';
import { type SinkOptions, SnapshotSink } from '../../src/snapshots/snapshot-sink.js';
import type { SnapshotStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { noise, PAGE, pagesOf, temporaryStore } from './temporary-store.js';

const MOMENT = { wallTimeNs: 5n };
const memoryOf = (length: number) => ({ format: 'test', registers: [], ranges: [{ start: 0, end: length }] });
const allFrames = (bytes: Uint8Array) => Array.from({ length: bytes.length / PAGE }, (_, frame) => frame);

/** A sink and the number of page buffers that were ever on their way at once. */
function sinkFor(store: SnapshotStore, options?: SinkOptions) {
  const { port1, port2 } = new MessageChannel();
  const most = { out: 0 };
  let out = 0;
  const post = port1.postMessage.bind(port1);
  port1.postMessage = (message: { kind: string }, ...rest: [never]) => {
    if (message.kind === 'pages') most.out = Math.max(most.out, ++out);
    post(message, ...rest);
  };
  port1.on('message', ({ kind }) => {
    if (kind === 'free') out--;
  });
  serveSink(port2, store);
  const sink = new SnapshotSink(port1, options);
  onTestFinished(() => sink.close());
  return { sink, most };
}

/** Resolves when all is copied, as the machine would run on then. */
async function copy(sink: SnapshotSink, bytes: Buffer, changed?: number[]) {
  sink.begin({ series: 'a', memory: memoryOf(bytes.length), pages: changed === undefined ? 'all' : 'changed' });
  await sink.putPages(changed ?? allFrames(bytes), bufferMemory(bytes));
  return {
    stored: sink.commit({ moment: MOMENT, states: [{ name: 'cpu', version: 3, bytes: Buffer.from('state') }] }),
  };
}

async function send(...args: Parameters<typeof copy>) {
  return (await copy(...args)).stored;
}

describe('a snapshot through a sink', () => {
  test.each([1, 2, 128])('is what was copied, with %i buffers on the way at most', async (buffers) => {
    const store = temporaryStore();
    const { sink, most } = sinkFor(store, { buffers });
    const bytes = Buffer.concat([noise(1300 * PAGE, 1), Buffer.alloc(100 * PAGE)]);
    expect(await send(sink, bytes)).toMatchObject({
      series: 'a',
      number: 1,
      base: undefined,
      pagesWritten: 1401,
      moment: MOMENT,
    });
    const memory = store.openMemory('a', 1);
    expect(pagesOf(memory)).toEqual(pagesOf(bufferMemory(bytes)));
    memory.close();
    expect(Buffer.from(store.state('a', 1, 'cpu')?.bytes ?? []).toString()).toBe('state');
    expect(most.out).toBe(Math.min(buffers, 3));
    expect(verifyStore(store).damage).toEqual([]);
  });

  test('does not see what its source becomes behind the copy', async () => {
    const store = temporaryStore();
    const { sink } = sinkFor(store);
    const bytes = noise(600 * PAGE, 1);
    const kept = pagesOf(bufferMemory(Buffer.from(bytes)));
    sink.begin({ series: 'a', memory: memoryOf(bytes.length), pages: 'all' });
    await sink.putPages(allFrames(bytes), bufferMemory(bytes));
    bytes.fill(0xee);
    await sink.commit({ moment: MOMENT, states: [] });
    const memory = store.openMemory('a', 1);
    expect(pagesOf(memory)).toEqual(kept);
    memory.close();
  });

  test('is lost with its base, and the next one is not', async () => {
    const store = temporaryStore();
    const { sink } = sinkFor(store);
    const bytes = noise(3 * PAGE, 1);
    await send(sink, bytes);
    bytes[PAGE] = 1;
    expect((await send(sink, bytes, [1])).base).toBe(1);
    store.remove('a', 2);
    const [first, second] = [await copy(sink, bytes, [1]), await copy(sink, bytes, [1])];
    const lost = await Promise.allSettled([first.stored, second.stored]);
    expect(lost.map((each) => each.status === 'rejected' && each.reason.message)).toEqual([
      'a@2, to which it is the difference, was removed meanwhile',
      'the one before, to which it is the difference, is missed',
    ]);
    expect(store.list('a').map(({ number }) => number)).toEqual([1]);
    expect(await send(sink, bytes)).toMatchObject({ number: 3, pagesWritten: 4, pagesNew: 0 });
  });

  test('that was not committed leaves nothing, and lets garbage be collected', async () => {
    const store = temporaryStore();
    const { sink } = sinkFor(store);
    const bytes = noise(700 * PAGE, 1);
    sink.begin({ series: 'a', memory: memoryOf(bytes.length), pages: 'all' });
    await sink.putPages(allFrames(bytes), bufferMemory(bytes));
    await sink.close();
    expect([store.list(), store.tables.pins.getCount()]).toEqual([[], 0]);
  });
});

describe('several snapshots on the way', () => {
  test('are stored in turn, each as the difference to the one before', async () => {
    const store = temporaryStore();
    const { sink } = sinkFor(store);
    const bytes = noise(600 * PAGE, 1);
    const wanted: (string | undefined)[][] = [];
    const sent: ReturnType<typeof send>[] = [];
    for (let number = 1; number <= 4; number++) {
      bytes.writeUInt32LE(number, number * PAGE);
      sent.push((await copy(sink, bytes, number === 1 ? undefined : [number])).stored);
      wanted.push(pagesOf(bufferMemory(Buffer.from(bytes))));
    }
    const infos = await Promise.all(sent);
    expect(infos.map(({ number, base }) => [number, base])).toEqual([
      [1, undefined],
      [2, 1],
      [3, 2],
      [4, 3],
    ]);
    for (const [index, pages] of wanted.entries()) {
      const memory = store.openMemory('a', index + 1);
      expect(pagesOf(memory).every((page, frame) => page === pages[frame])).toBe(true);
      memory.close();
    }
  });
});

describe('a store that fails', () => {
  test('in the middle of the pages is told once, and buffers come back', async () => {
    const store = temporaryStore();
    const { sink } = sinkFor(store, { buffers: 1 });
    const begin = store.beginSnapshot.bind(store);
    store.beginSnapshot = (...args) => {
      store.beginSnapshot = begin;
      const writer = begin(...args);
      const put = writer.putPage.bind(writer);
      writer.putPage = (frame, bytes) => {
        if (frame === 600) throw new UserError('the disk is full', 'free some space');
        put(frame, bytes);
      };
      return writer;
    };
    const bytes = noise(3000 * PAGE, 1);
    const failed = await send(sink, bytes).catch((error: unknown) => error);
    expect(failed).toEqual(new UserError('the disk is full', 'free some space'));
    expect(store.tables.pins.getCount()).toBe(0);
    expect(await send(sink, bytes)).toMatchObject({ number: 1, pagesWritten: 3001 });
  });

  test('in the end is told to who closes', async () => {
    const { port1, port2 } = new MessageChannel();
    serveSink(port2, temporaryStore(), () => ({
      closed: () => {
        throw new UserError('the disk is full');
      },
    }));
    await expect(new SnapshotSink(port1).close()).rejects.toThrow('the disk is full');
  });
});
