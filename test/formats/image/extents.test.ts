import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Extent, type OverlapRule, orderExtents } from '../../../src/formats/image/extents.js';

const extent = fc.record({
  start: fc.integer({ min: 0, max: 60 }),
  length: fc.integer({ min: 0, max: 20 }),
  offset: fc.integer({ min: 0, max: 1000 }).map((n) => n * 100),
});

/** Which file offset each target byte has, painted one by one. */
function painted(extents: readonly Extent[], rule: OverlapRule): Map<number, number> {
  const canvas = new Map<number, number>();
  for (const { start, length, offset } of rule === 'last' ? extents : [...extents].reverse())
    for (let i = 0; i < length; i++) canvas.set(start + i, offset + i);
  return canvas;
}

describe('orderExtents', () => {
  test.each(['first', 'last'] as const)('gives each byte what painting gives it (%s wins)', (rule) => {
    fc.assert(
      fc.property(fc.array(extent, { maxLength: 30 }), (extents) => {
        const ordered = orderExtents(extents, rule);
        expect(painted(ordered, rule)).toEqual(painted(extents, rule));
        for (const [i, { start, length }] of ordered.entries()) {
          expect(length).toBeGreaterThan(0);
          expect(start + length).toBeLessThanOrEqual(ordered[i + 1]?.start ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('joins what continues in target and source alike', () => {
    const pieces = [20, 0, 10].map((n) => ({ start: n, length: 10, offset: n + 7 }));
    expect(orderExtents(pieces, 'first')).toEqual([{ start: 0, length: 30, offset: 7 }]);
  });

  test('stays exact where everything overlaps everything', () => {
    const many = Array.from({ length: 200_000 }, (_, i) => ({ start: i, length: 400_000 - 2 * i, offset: i * 3 }));
    expect(orderExtents(many, 'first')[0]).toEqual({ start: 0, length: 400_000, offset: 0 });
    expect(orderExtents(many, 'last').length).toBe(399_999);
  });
});
