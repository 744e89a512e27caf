import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collectGarbage } from '../../src/snapshots/collect-garbage.js';
import { selectSnapshot, selectSnapshots } from '../../src/snapshots/select-snapshot.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import { verifyStore } from '../../src/snapshots/verify-store.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { importWhole, noise, PAGE, pagesOf, temporaryFolder, temporaryStore } from './temporary-store.js';

const NOTHING_ELSE = { format: 'test', registers: [] };
const fileSize = (store: SnapshotStore) => statSync(join(store.folder, 'snapshots.mdb')).size;

describe('a snapshot', () => {
  test('gives back every page, the registers, the notes and the moment', () => {
    const store = temporaryStore();
    const bytes = Buffer.concat([noise(40 * PAGE, 1), Buffer.alloc(30 * PAGE), noise(30 * PAGE, 2)]);
    const registers = [{ cr3: 0x1000n, rip: 0xffff_ffff_8123_4567n, general: { rax: 1n, rflags: 2n } }];
    const memory = bufferMemory(bytes, { registers, vmcoreinfo: 'OSRELEASE=6' });
    const moment = { icount: 1n << 60n, guestTimeNs: 5n, wallTimeNs: 7n, label: 'here', reason: 'import' };
    const { number } = importWhole(store, 'a', memory, moment);
    const back = store.openMemory('a', number);
    expect(pagesOf(back)).toEqual(pagesOf(memory));
    expect(back.registers).toEqual(registers);
    expect(back.vmcoreinfo).toBe('OSRELEASE=6');
    expect(back.ranges).toEqual(memory.ranges);
    expect(store.get('a', number).moment).toEqual(moment);
    const across = new Uint8Array(3 * PAGE);
    expect(back.read(38.5 * PAGE, across)).toBe(across.length);
    expect(Buffer.from(across).equals(bytes.subarray(38.5 * PAGE, 41.5 * PAGE))).toBe(true);
    expect(back.read(99 * PAGE + 10, across)).toBe(PAGE - 10);
    expect(back.read(200 * PAGE, across)).toBe(0);
    back.close();
  });

  test('knows holes and pages that its source did not have', () => {
    const store = temporaryStore();
    const ranges = [
      { start: 0, end: 2 * PAGE },
      { start: 1000 * PAGE, end: 1003 * PAGE },
    ];
    const writer = store.beginSnapshot('a', { ...NOTHING_ELSE, ranges });
    writer.putPage(0, noise(PAGE, 1));
    writer.markMissing(1001);
    writer.putPage(1002, noise(PAGE, 2));
    writer.commit({ wallTimeNs: 0n });
    const back = store.openMemory('a', 1);
    const there = pagesOf(back).map((page) => page !== undefined);
    expect(there.flatMap((is, frame) => (is ? [frame] : []))).toEqual([0, 1, 1000, 1002]);
    expect(back.read(1000 * PAGE, new Uint8Array(3 * PAGE))).toBe(PAGE);
    back.close();
  });

  test('whose packs are damaged is missing their pages, read one by one and in one go', () => {
    const store = temporaryStore();
    const bytes = noise(70 * PAGE, 3);
    const { number } = importWhole(store, 'a', bufferMemory(bytes));
    // The packs as they are on disk, through a second door that does not unpack them.
    const options = { name: 'packs', encoding: 'binary', keyEncoding: 'uint32', compression: false } as const;
    const raw = store.tables.root.openDB<Buffer, number>(options);
    const [first, second, third] = [...raw.getKeys()] as [number, number, number];
    const cut = raw.get(second)!;
    raw.putSync(second, cut.subarray(0, 40));
    // A record that says of itself that it is longer than a pack can be.
    const longer = Buffer.from(raw.get(third)!);
    longer.writeUInt16BE(0x7fff, 1);
    raw.putSync(third, longer);
    store.refresh();
    const memory = store.openMemory('a', number);
    const wanted = pagesOf(bufferMemory(bytes)).map((page, frame) => (frame >= 16 && frame < 48 ? undefined : page));
    expect(first).toBe(1);
    expect(pagesOf(memory)).toEqual(wanted);
    const all = new Uint8Array(bytes.length);
    expect(memory.read(0, all)).toBe(16 * PAGE);
    expect(memory.read(48 * PAGE, all)).toBe(22 * PAGE);
    expect(Buffer.from(all.subarray(0, 22 * PAGE)).equals(bytes.subarray(48 * PAGE))).toBe(true);
    expect(verifyStore(store).damage.map(({ address }) => (address ?? 0) / PAGE)).toEqual(
      Array.from({ length: 32 }, (_, index) => 16 + index),
    );
    memory.close();
  });

  test('keeps states, and shares their storage', () => {
    const store = temporaryStore();
    const cpu = noise(10_000, 5);
    for (let round = 0; round < 2; round++) {
      const writer = store.beginSnapshot('a', { ...NOTHING_ELSE, ranges: [] });
      writer.putState('cpu', 3, cpu);
      writer.putState('empty', 1, new Uint8Array(0));
      const info = writer.commit({ wallTimeNs: 0n });
      expect(info.pagesNew).toBe(round === 0 ? 3 : 0);
    }
    expect(store.state('a', 2, 'cpu')).toEqual({ version: 3, bytes: new Uint8Array(cpu) });
    expect(store.state('a', 2, 'empty')).toEqual({ version: 1, bytes: new Uint8Array(0) });
    expect(store.state('a', 2, 'disk')).toBeUndefined();
  });
});

describe('a difference', () => {
  const ranges = [{ start: 0, end: 256 * PAGE }];

  test('is the base with its pages in place', () => {
    const store = temporaryStore();
    const bytes = noise(256 * PAGE, 1);
    importWhole(store, 'a', bufferMemory(bytes));
    const after = Buffer.from(bytes);
    const writer = store.beginSnapshot('a', { ...NOTHING_ELSE, ranges }, { base: 1 });
    expect(writer.needsAllPages).toBe(false);
    for (const [frame, page] of [
      [3, noise(PAGE, 77)],
      [200, Buffer.alloc(PAGE)],
    ] as const) {
      page.copy(after, frame * PAGE);
      writer.putPage(frame, page);
    }
    const info = writer.commit({ wallTimeNs: 1n });
    expect(info).toMatchObject({ number: 2, base: 1, pagesWritten: 2, pagesNew: 1 });
    const [old, now] = [store.openMemory('a', 1), store.openMemory('a', 2)];
    expect(pagesOf(old)).toEqual(pagesOf(bufferMemory(bytes)));
    expect(pagesOf(now)).toEqual(pagesOf(bufferMemory(after)));
    old.close();
    now.close();
  });

  test('asks for all pages when its base has been removed', () => {
    const store = temporaryStore();
    importWhole(store, 'a', bufferMemory(noise(256 * PAGE, 1)));
    importWhole(store, 'a', bufferMemory(noise(256 * PAGE, 2)));
    store.remove('a', 2);
    const writer = store.beginSnapshot('a', { ...NOTHING_ELSE, ranges }, { base: 2 });
    expect(writer.needsAllPages).toBe(true);
    expect(writer.commit({ wallTimeNs: 0n })).toMatchObject({ number: 3, base: undefined });
  });

  test('costs what it changes: a hundred idle snapshots are less than half of the first', () => {
    const store = temporaryStore();
    const frames = 65_536;
    const memory = { ...NOTHING_ELSE, ranges: [{ start: 0, end: frames * PAGE }] };
    const first = store.beginSnapshot('a', memory);
    // As many pages as a small Debian has that are not zero, half of each compressible.
    for (let frame = 0; frame < 12_000; frame++) {
      first.putPage(frame * 5, Buffer.concat([noise(PAGE / 2, frame), Buffer.alloc(PAGE / 2, frame)]));
    }
    first.commit({ wallTimeNs: 0n });
    const before = fileSize(store);
    for (let number = 1; number <= 100; number++) {
      const writer = store.beginSnapshot('a', memory, { base: number });
      // 60 pages all over memory, half of them new contents.
      for (let page = 0; page < 60; page++) {
        const seed = page % 2 === 0 ? 1e6 + number * 100 + page : page;
        const bytes = Buffer.concat([noise(PAGE / 2, seed), Buffer.alloc(PAGE / 2, seed)]);
        writer.putPage(((number * 7 + page * 1087) % 12_000) * 5, bytes);
      }
      writer.commit({ wallTimeNs: BigInt(number) });
    }
    expect(store.list('a')).toHaveLength(101);
    expect(fileSize(store) / before).toBeLessThan(1.5);
  });
});

describe('the store', () => {
  test('lets readers keep what they have opened while it is removed and collected', () => {
    const store = temporaryStore();
    const memory = bufferMemory(noise(64 * PAGE, 1));
    importWhole(store, 'a', memory);
    importWhole(store, 'a', bufferMemory(noise(64 * PAGE, 2)));
    const reader = store.openMemory('a', 1);
    store.remove('a', 1);
    expect(collectGarbage(store)).toEqual({ packsRemoved: 4, packsKept: 4, leavesRemoved: 1, pagesStranded: 0 });
    expect(pagesOf(reader)).toEqual(pagesOf(memory));
    reader.close();
    expect(() => store.openMemory('a', 1)).toThrow('there is no snapshot a@1');
    expect(verifyStore(store)).toEqual({ snapshots: 1, pages: 64, damage: [] });
  });

  test('begins a series that was removed as a whole at 1 again, and no other', () => {
    const store = temporaryStore();
    for (const series of ['a', 'a', 'ab', 'a-b']) importWhole(store, series, bufferMemory(noise(16 * PAGE, 1)));
    store.tag('a', 2, 'mine');
    store.tag('ab', 1, 'mine');
    store.remove('a', 1);
    expect(importWhole(store, 'a', bufferMemory(noise(16 * PAGE, 2))).number).toBe(3);
    store.removeSeries('a');
    expect([store.series(), store.tagged('a', 'mine'), store.tagged('ab', 'mine')]).toEqual([
      ['a-b', 'ab'],
      undefined,
      1,
    ]);
    expect(importWhole(store, 'a', bufferMemory(noise(16 * PAGE, 3))).number).toBe(1);
    expect(importWhole(store, 'ab', bufferMemory(noise(16 * PAGE, 3))).number).toBe(2);
    expect(collectGarbage(store)).toMatchObject({ packsRemoved: 1, packsKept: 2 });
    expect(verifyStore(store)).toMatchObject({ snapshots: 4, damage: [] });
  });

  test('collects what an abandoned writer left, and not while one writes', () => {
    const store = temporaryStore();
    importWhole(store, 'a', bufferMemory(noise(16 * PAGE, 1)));
    const writer = store.beginSnapshot('b', { ...NOTHING_ELSE, ranges: [{ start: 0, end: 2000 * PAGE }] });
    for (let frame = 0; frame < 1500; frame++) writer.putPage(frame, noise(PAGE, 100 + frame));
    expect(() => collectGarbage(store)).toThrow(`process ${process.pid} is writing a snapshot of b`);
    writer.abort();
    expect(collectGarbage(store)).toEqual({ packsRemoved: 64, packsKept: 1, leavesRemoved: 0, pagesStranded: 0 });
    expect(store.series()).toEqual(['a']);
  });

  test('says that it is not there, or too new', () => {
    const folder = temporaryFolder();
    expect(() => openStore(folder)).toThrow(`there is no snapshot store in ${folder}`);
  });
});

describe('NAME@POINT', () => {
  test('picks by number, moment and tag', () => {
    const store = temporaryStore();
    for (const second of [1n, 2n, 4n]) {
      const writer = store.beginSnapshot('boot', { ...NOTHING_ELSE, ranges: [] });
      const guestTimeNs = second * 1_000_000_000n;
      writer.commit({ icount: second * 1000n, guestTimeNs, wallTimeNs: 1_700_000_000_000_000_000n + guestTimeNs });
    }
    store.tag('boot', 2, 'login');
    const picked = (text: string) => selectSnapshot(store, text).number;
    expect(
      ['boot', 'boot@last', 'boot@first', 'boot@2', 'boot@login', 'boot@t=3.9s', 'boot@t=4s', 'boot@t=1000ms'].map(
        picked,
      ),
    ).toEqual([3, 3, 1, 2, 2, 2, 3, 1]);
    expect(['boot@icount=1000', 'boot@icount=3999', 'boot@wall=2023-11-14T22:13:23Z'].map(picked)).toEqual([1, 2, 2]);
    expect(selectSnapshots(store, 'boot@login..').map(({ number }) => number)).toEqual([2, 3]);
    expect(selectSnapshots(store, 'boot@t=1s..t=2s').map(({ number }) => number)).toEqual([1, 2]);
    expect(() => picked('boot@t=0.5s')).toThrow('boot has no snapshot @t=0.5s');
    expect(() => picked('other')).toThrow("there is no series 'other'");
    expect(() => picked('boot@?')).toThrow("'@?' does not name a snapshot");
    store.remove('boot', 2);
    expect(() => picked('boot@login')).toThrow('boot has no snapshot @login');
    expect(() => store.tag('boot', 1, '7')).toThrow("'7' cannot be a tag");
  });
});
