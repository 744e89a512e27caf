/**
 * Code that an earlier run generated must be as invisible as the second tier itself: after any number of instructions the
 * state is that of the interpreter. And it must be used, or it would be no test.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CodeStore } from '../../src/emulator/jit/code-store.js';
import type { Blobs } from '../../src/emulator-host/blobs.js';
import { packCode, unpackCode } from '../../src/emulator-host/kept-code/code-entries.js';
import { KeptCode } from '../../src/emulator-host/kept-code/kept-code.js';
import { nativeCode } from '../../src/emulator-host/kept-code/native-code.js';
import { type Bare, bareProcessor, bytes, CODE, enterLong, load } from '../emulator/support/bare-processor.js';
import { digest } from '../emulator/support/digest.js';
import { randomLoop, registers } from '../emulator/support/random-loop.js';

const END = 100_000;

function memoryBlobs(): Blobs & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  return {
    stored,
    isOn: true,
    get: (key) => stored.get(key),
    put: (key, blob) => void stored.set(key, Uint8Array.from(blob)),
  };
}

/** Runs a program, with a tier and a store or without. */
function run(program: string, seed: number, stops: readonly number[], code?: CodeStore, hot?: number): Bare {
  const bare = bareProcessor({ ...(hot !== undefined && { hot }), ...(code && { code }) });
  enterLong(bare.cpu);
  registers(bare.cpu, seed);
  load(bare.cpu, CODE, program);
  for (const stop of stops) bare.cpu.run(stop);
  return bare;
}

const recalled = ({ cpu }: Bare): number => cpu.jitStatistics?.recalled ?? 0;

test('random loops end in the same state with the code of an earlier run, at every stop', () => {
  let used = 0;
  fc.assert(
    fc.property(randomLoop, fc.integer(), fc.integer({ min: 1, max: 900 }), (program, seed, stop) => {
      const blobs = memoryBlobs();
      const first = new KeptCode(blobs, 'a', () => undefined);
      run(program, seed, [END], first, 2);
      first.save();
      const stops = [stop, stop + 1, stop + 7, stop + 400, END];
      for (let i = 1; i <= stops.length; i++) {
        const again = run(program, seed + 1, stops.slice(0, i), new KeptCode(blobs, 'a', () => undefined), 1_000_000);
        expect(digest(again.cpu)).toBe(digest(run(program, seed + 1, stops.slice(0, i)).cpu));
        used += recalled(again);
      }
    }),
    { numRuns: 4 },
  );
  expect(used).toBeGreaterThan(4);
});

describe('a loop', () => {
  // L: add rax, rcx; dec r15; jne L; hlt
  const LOOP = '48 01 c8 49 ff cf 75 f8 f4';
  const keptFrom = (program: string, blobs: Blobs): void => {
    const code = new KeptCode(blobs, 'a', () => undefined);
    run(program, 1, [END], code, 2);
    code.save();
  };

  test('is taken from the store when it is reached, before it is hot', () => {
    const blobs = memoryBlobs();
    keptFrom(LOOP, blobs);
    const { cpu } = run(LOOP, 1, [END], new KeptCode(blobs, 'a', () => undefined), 1_000_000);
    expect(cpu.jitStatistics).toMatchObject({ compiled: 0, recalled: 1 });
  });

  test('with other bytes is not the one that was kept', () => {
    const blobs = memoryBlobs();
    keptFrom(LOOP, blobs);
    // sub instead of add; and the same first eight bytes with another end.
    for (const other of ['48 29 c8 49 ff cf 75 f8 f4', '48 01 c8 49 ff cf 75 f9 f4']) {
      const bare = run(other, 1, [500], new KeptCode(blobs, 'a', () => undefined), 1_000_000);
      expect(recalled(bare)).toBe(0);
      expect(digest(bare.cpu)).toBe(digest(run(other, 1, [500]).cpu));
    }
  });

  test('that is overwritten drops the kept region, and the new code counts', () => {
    const blobs = memoryBlobs();
    keptFrom(LOOP, blobs);
    const code = new KeptCode(blobs, 'a', () => undefined);
    const outcomes = [code, undefined].map((store) => {
      const bare = run(LOOP, 1, [20], store, store && 1_000_000);
      bare.cpu.ram.set(bytes('48 29 c8'), CODE);
      bare.cpu.noteWritten(CODE, 3);
      bare.cpu.run(END);
      return bare;
    }) as [Bare, Bare];
    expect(recalled(outcomes[0])).toBe(1);
    expect(digest(outcomes[0].cpu)).toBe(digest(outcomes[1].cpu));
  });

  test('of another mode is not the one that was kept', () => {
    const blobs = memoryBlobs();
    keptFrom(LOOP, blobs);
    const { entries } = unpackCode(blobs.stored.get('a'));
    const regions = entries.flatMap((entry) => (entry.kind === 'regions' ? entry.regions : []));
    expect(regions.map(({ blocks }) => blocks)).toEqual([[{ delta: 0, length: 8 }]]);
    const wrong = entries.map((entry) =>
      entry.kind === 'regions'
        ? { ...entry, regions: entry.regions.map((region) => ({ ...region, mode: region.mode ^ 8 })) }
        : entry,
    );
    blobs.put('a', packCode({ runs: 1, entries: wrong }));
    expect(recalled(run(LOOP, 1, [END], new KeptCode(blobs, 'a', () => undefined), 1_000_000))).toBe(0);
  });
});

test('regions that have become many are put into one module, from the second run on', () => {
  // 140 times: mov ecx, 9; L: add rax, rcx; dec ecx; jne L. Then hlt.
  const PROGRAM = `${'b9 09 00 00 00 48 01 c8 ff c9 75 f9 '.repeat(140)}f4`;
  const blobs = memoryBlobs();
  const modules = (): number[] =>
    unpackCode(blobs.stored.get('a')).entries.flatMap((entry) =>
      entry.kind === 'regions' ? [entry.regions.length] : [],
    );
  const again = (hot: number): Bare => {
    const code = new KeptCode(blobs, 'a', () => undefined);
    const bare = run(PROGRAM, 1, [END], code, hot);
    code.save();
    return bare;
  };
  const { cpu: first } = again(2);
  const single = modules();
  expect(single.length).toBeGreaterThanOrEqual(140);
  expect(new Set(single)).toEqual(new Set([1]));
  again(2);
  expect(modules()).toEqual([single.length]);
  const { cpu: third } = again(1_000_000);
  expect(third.jitStatistics).toMatchObject({ compiled: 0, recalled: single.length });
  const plain = digest(run(PROGRAM, 1, [END]).cpu);
  expect([digest(first), digest(third)]).toEqual([plain, plain]);
});

test('machine code of modules survives, where this Node can do it', async () => {
  const blobs = memoryBlobs();
  const native = nativeCode(blobs);
  // What the trial said is remembered.
  expect([...blobs.stored.values()].map((blob) => Buffer.from(blob).toString())).toEqual([native ? 'works' : 'fails']);
  if (native === undefined) return;
  const LOOP = '48 01 c8 49 ff cf 75 f8 f4';
  const code = new KeptCode(blobs, 'a', () => native);
  const long = (store: KeptCode): Bare => {
    const bare = bareProcessor({ hot: 2, code: store });
    enterLong(bare.cpu);
    registers(bare.cpu, 1);
    bare.cpu.setRegister('r15', 40_000_000n);
    load(bare.cpu, CODE, LOOP);
    bare.cpu.run(1e9);
    return bare;
  };
  const first = long(code);
  // The optimizing compiler works on a thread of its own.
  await new Promise((resolve) => setTimeout(resolve, 500));
  code.save();
  const kept = unpackCode(blobs.stored.get('a')).entries.filter(({ native: bytes }) => bytes !== undefined);
  expect(kept.length).toBeGreaterThan(0);
  const second = long(new KeptCode(blobs, 'a', () => native));
  expect(recalled(second)).toBe(1);
  expect(digest(second.cpu)).toBe(digest(first.cpu));
});
