import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ImageMemory } from '../../../src/formats/image/image-memory.js';

const PAGE = 4096;
const SPAN = 40 * PAGE;

function byteAt(address: number): number {
  return (address * 31 + (address >> 9)) & 0xff;
}

interface Shape {
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  readonly damaged: ReadonlySet<number>;
}

/** Ranges that begin and end anywhere, and pages in them that cannot be read. */
const shape: fc.Arbitrary<Shape> = fc
  .record({
    cuts: fc.uniqueArray(
      fc.oneof(
        fc.integer({ min: 0, max: SPAN }),
        fc.integer({ min: 0, max: 40 }).map((n) => n * PAGE),
      ),
      { minLength: 2, maxLength: 12 },
    ),
    damaged: fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 5 }),
  })
  .map(({ cuts, damaged }) => {
    const sorted = [...cuts].sort((a, b) => a - b);
    const ranges = [];
    for (let i = 0; i + 1 < sorted.length; i += 2) ranges.push({ start: sorted[i]!, end: sorted[i + 1]! });
    return { ranges, damaged: new Set(damaged) };
  });

/** A memory of that shape; the cache holds four runs only, so that they are replaced all the time. */
function build({ ranges, damaged }: Shape, cacheBytes = 0): ImageMemory {
  return new ImageMemory(
    {
      format: 'model',
      ranges,
      read(address, target) {
        const range = ranges.find(({ start, end }) => address >= start && address < end);
        expect(range && address + target.length <= range.end).toBe(true);
        let i = 0;
        for (; i < target.length && !damaged.has(Math.floor((address + i) / PAGE)); i++)
          target[i] = byteAt(address + i);
        return i;
      },
    },
    cacheBytes,
  );
}

function isThere({ ranges, damaged }: Shape, address: number): boolean {
  return !damaged.has(Math.floor(address / PAGE)) && ranges.some(({ start, end }) => address >= start && address < end);
}

const access = fc.oneof(
  fc.record({ page: fc.integer({ min: -1, max: 45 }) }),
  fc.record({
    address: fc.integer({ min: -10, max: SPAN + 10 }),
    length: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: SPAN })),
  }),
);

describe('ImageMemory', () => {
  test('answers every access as the plain model does', () => {
    fc.assert(
      fc.property(shape, fc.array(access, { maxLength: 40 }), (model, accesses) => {
        const memory = build(model);
        for (const one of accesses) {
          if ('page' in one) {
            const whole = Array.from({ length: PAGE }, (_, i) => one.page * PAGE + i).every((a) => isThere(model, a));
            const page = memory.page(one.page);
            expect(page !== undefined).toBe(whole);
            page?.forEach((byte, i) => {
              if (byte !== byteAt(one.page * PAGE + i)) expect.fail(`byte ${i} differs`);
            });
          } else {
            const target = new Uint8Array(one.length);
            let there = 0;
            while (there < one.length && isThere(model, one.address + there)) there++;
            // A hole ends a read even when the next range begins there at once.
            const range = model.ranges.find(({ start, end }) => one.address >= start && one.address < end);
            there = Math.min(there, range ? range.end - one.address : 0);
            expect(memory.read(one.address, target)).toBe(there);
            for (let i = 0; i < there; i++) if (target[i] !== byteAt(one.address + i)) expect.fail(`byte ${i} differs`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('reads ahead when pages are asked for in order, and gives the same bytes', () => {
    const end = 3000 * PAGE;
    let calls = 0;
    const memory = new ImageMemory({
      format: 'counted',
      ranges: [{ start: 0, end }],
      read(address, target) {
        calls++;
        target.fill(Math.floor(address / PAGE / 16) & 0xff);
        for (let i = 0; i < target.length; i += PAGE) target[i] = Math.floor((address + i) / PAGE) & 0xff;
        return target.length;
      },
    });
    for (let frame = 0; frame < 3000; frame++) expect(memory.page(frame)?.[0]).toBe(frame & 0xff);
    expect(memory.page(3000)).toBeUndefined();
    expect(calls).toBeLessThan(10);
  });

  test('keeps pages that are used while a scan passes', () => {
    const loads: number[] = [];
    const memory = new ImageMemory(
      {
        format: 'counted',
        ranges: [{ start: 0, end: 100_000 * PAGE }],
        read(address, target) {
          loads.push(address / PAGE);
          return target.length;
        },
      },
      8 * 16 * PAGE,
    );
    memory.page(90_000);
    for (let frame = 0; frame < 20_000; frame++) memory.page(frame);
    memory.page(90_000);
    expect(loads.filter((frame) => frame === 90_000)).toHaveLength(1);
  });

  test('after a failing read the next one starts afresh', () => {
    let fails = true;
    const memory = new ImageMemory({
      format: 'failing',
      ranges: [{ start: 0, end: 64 * PAGE }],
      read(_address, target) {
        if (fails) throw new Error('the disk broke');
        target.fill(7);
        return target.length;
      },
    });
    expect(() => memory.page(0)).toThrow('the disk broke');
    expect(() => memory.page(1)).toThrow('the disk broke');
    fails = false;
    expect(memory.page(0)?.[0]).toBe(7);
    expect(memory.page(1)?.[4095]).toBe(7);
  });

  test('closes what its reader holds', () => {
    let closed = 0;
    new ImageMemory({ format: 'x', ranges: [], read: () => 0, close: () => closed++ }).close();
    expect(closed).toBe(1);
  });
});
