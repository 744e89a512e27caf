/** What a writer that dies, a disk that fills and bytes that flip leave of a store. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { collectGarbage } from '../../src/snapshots/collect-garbage.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { Random } from '../emulator/conformance/random.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { type Bundle, bundleFromSource } from '../support/bundle-from-source.js';
import { importWhole, noise, PAGE, temporaryFolder } from './temporary-store.js';
import { contents, WRITER_FRAMES } from './writer-contents.js';

/** The processes that tests start. */
let writer: Bundle;
let verifier: Bundle;
beforeAll(async () => {
  writer = await bundleFromSource(new URL('./writer-process.ts', import.meta.url));
  verifier = await bundleFromSource(new URL('./verify-process.ts', import.meta.url));
});
afterAll(() => {
  writer?.remove();
  verifier?.remove();
});
const writing = (...args: readonly string[]) => [fileURLToPath(writer.file), ...args];

const FILE = 'snapshots.mdb';
/** How often a writer is killed. KILLS=100 looks longer. */
const KILLS = Number(process.env.KILLS ?? 8);

function startWriter(folder: string, series: string, count: number) {
  const child = spawn(process.execPath, writing(folder, series, String(count)), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString();
  });
  return {
    child,
    committed: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map(Number),
  };
}

async function opened<T>(folder: string, work: (store: SnapshotStore) => T | Promise<T>): Promise<T> {
  const store = openStore(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** All snapshots are whole and what they were when they were written. */
function expectIntact(store: SnapshotStore): number[] {
  expect(verifyStore(store).damage).toEqual([]);
  const numbers = store.list().map(({ number }) => number);
  for (const { series, number } of store.list()) {
    const memory = store.openMemory(series, number);
    for (let frame = 0; frame < WRITER_FRAMES; frame++) {
      const page = memory.page(frame);
      if (page === undefined || !contents(number, frame).equals(page)) throw new Error(`${number}: frame ${frame}`);
    }
    memory.close();
    expect(Buffer.from(store.state(series, number, 'number')?.bytes ?? []).toString()).toBe(String(number));
  }
  return numbers;
}

describe('a writer that is killed', () => {
  test(
    'loses the snapshot in the making and nothing else, whenever it is',
    async () => {
      const folder = temporaryFolder();
      const random = new Random(7);
      let sure = 0;
      for (let round = 0; round < KILLS; round++) {
        const { child, committed } = startWriter(folder, 'a', 100);
        // From the first commit on, so that the process is at work.
        while (committed().length === 0 && child.exitCode === null) await new Promise((done) => setTimeout(done, 5));
        await new Promise((done) => setTimeout(done, random.below(600)));
        child.kill('SIGKILL');
        await once(child, 'close');
        sure = committed().at(-1) ?? sure;
        const numbers = await opened(folder, expectIntact);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
        // One may have been committed that it did not come to say.
        expect([sure, sure + 1]).toContain(numbers.at(-1));
      }
      await opened(folder, (store) => {
        collectGarbage(store);
        expectIntact(store);
        expect(store.tables.pins.getCount()).toBe(0);
      });
    },
    30_000 + KILLS * 20_000,
  );
});

describe('a full disk', () => {
  /** Runs a writer on a disk with little room; undefined when this machine gives no such disk. */
  function onSmallDisk(): { folder: string; stderr: string; status: number | null } | undefined {
    const folder = temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', folder]);
    if (mounted.status !== 0) return undefined;
    onTestFinished(() => void spawnSync('umount', ['-l', folder]));
    const run = spawnSync(process.execPath, writing(folder, 'a', '100'), { encoding: 'utf8' });
    return { folder, stderr: run.stderr, status: run.status };
  }

  test('is one line, and what was finished stays', async ({ skip }) => {
    const result = onSmallDisk();
    if (result === undefined) return skip('no small file system can be mounted here');
    expect(result.status).toBe(1);
    expect(result.stderr).toBe(`the store in ${result.folder}: the disk is full\n`);
    await opened(result.folder, (store) => {
      const before = expectIntact(store);
      expect(before.length).toBeGreaterThan(0);
      // Its room can be used again.
      store.remove('a', 1);
      collectGarbage(store);
      expect(expectIntact(store)).toEqual(before.slice(1));
    });
  });

  test('is told of a file that may not grow, too', async () => {
    const folder = temporaryFolder();
    // 1 KiB blocks: 20 MiB.
    const command = [process.execPath, ...writing(folder, 'a', '100')];
    const run = spawnSync('bash', ['-c', `ulimit -f 20480; exec "$@"`, 'bash', ...command], { encoding: 'utf8' });
    expect(run.stderr).toBe(`the store in ${folder}: the file would grow too large\n`);
    await opened(folder, (store) => expect(expectIntact(store).length).toBeGreaterThan(0));
  });
});

describe('flipped bytes', () => {
  test('are found, and named by snapshot and address', async () => {
    const folder = temporaryFolder();
    const store = openStore(folder, { create: true });
    const bytes = noise(200 * PAGE, 1);
    importWhole(store, 'a', bufferMemory(bytes));
    const changed = Buffer.from(bytes);
    noise(PAGE, 99).copy(changed, 7 * PAGE);
    importWhole(store, 'a', bufferMemory(changed));
    await store.close();

    // Noise does not compress, so that the page lies in the file as it is.
    const path = join(folder, FILE);
    const wanted = bytes.subarray(150 * PAGE + 1000, 150 * PAGE + 1064);
    const at = readFileSync(path).indexOf(wanted);
    expect(at).toBeGreaterThan(0);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.from([(wanted[0] as number) ^ 0x10]), 0, 1, at);
    closeSync(file);

    const damage = { what: 'page', address: 150 * PAGE, length: PAGE, series: 'a' };
    await opened(folder, (again) => {
      expect(verifyStore(again)).toEqual({
        snapshots: 2,
        pages: 201,
        damage: [
          { ...damage, number: 1 },
          { ...damage, number: 2 },
        ],
      });
    });
  });

  test('anywhere in the file never pass unnoticed as good pages', async () => {
    const folder = temporaryFolder();
    const store = openStore(folder, { create: true });
    importWhole(store, 'a', bufferMemory(Buffer.concat([noise(64 * PAGE, 1), Buffer.alloc(64 * PAGE, 'text')])));
    await store.close();
    const path = join(folder, FILE);
    const whole = readFileSync(path);
    const outcomes = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const damaged = Buffer.from(whole);
      const at = Math.floor(((round + 0.5) * damaged.length) / 12);
      damaged[at] = (damaged[at] as number) ^ 0x41;
      writeFileSync(path, damaged);
      // In a process of its own: a database with a damaged index may take its reader down.
      const run = spawnSync(process.execPath, [fileURLToPath(verifier.file), folder], { encoding: 'utf8' });
      outcomes.add(run.stdout.trim() || 'no answer');
      // "Whole" is right only where the page contents are all what they were: verify-process compares them as well.
      expect(run.stdout).not.toContain('WRONG');
    }
    expect(outcomes.size).toBeGreaterThan(1);
    expect(statSync(path).size).toBe(whole.length);
  }, 120_000);
});

describe('two readers and a writer', () => {
  test('see whole snapshots all the time', async () => {
    const folder = temporaryFolder();
    await opened(folder, () => undefined).catch(() => openStore(folder, { create: true }).close());
    const { child, committed } = startWriter(folder, 'a', 6);
    const stores = [openStore(folder), openStore(folder)];
    const seen = stores.map(() => 0);
    while (child.exitCode === null) {
      for (const [index, store] of stores.entries()) {
        const last = store.list('a').at(-1);
        if (last === undefined) continue;
        expect(last.number).toBeGreaterThanOrEqual(seen[index] as number);
        seen[index] = last.number;
        const memory = store.openMemory('a', last.number);
        for (let frame = index; frame < WRITER_FRAMES; frame += 97) {
          expect(contents(last.number, frame).equals(memory.page(frame) ?? Buffer.alloc(0))).toBe(true);
        }
        memory.close();
      }
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(committed()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const store of stores) expect(expectIntact(store)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const store of stores) await store.close();
  }, 120_000);
});
