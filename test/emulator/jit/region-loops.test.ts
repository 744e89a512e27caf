/** Loops of a region: each way back lies inside a loop with its head, and loops are nested. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loopEnds } from '../../../src/emulator/jit/region-loops.js';

const linked = (successors: readonly (readonly number[])[]) =>
  successors.map((next, number) => ({ number, successors: next }));

test.each([
  ['no way back', [[1, 2], [2], []], [undefined, undefined, undefined]],
  ['a block that branches to itself', [[0, 1], []], [undefined, undefined]],
  ['one loop', [[1], [2, 3], [1], []], [undefined, 2, undefined, undefined]],
  ['one in another', [[1], [2], [1, 3], [0]], [3, 2, undefined, undefined]],
  ['two that overlap', [[1], [2], [0, 3], [1]], [3, 3, undefined, undefined]],
] as const)('%s', (_name, successors, ends) => {
  expect(loopEnds(linked(successors))).toEqual(ends);
});

test('any graph', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(11), { maxLength: 3 }), { minLength: 12, maxLength: 12 }), (successors) => {
      const ends = loopEnds(linked(successors));
      successors.forEach((next, from) => {
        for (const to of next) if (to < from) expect(ends[to]).toBeGreaterThanOrEqual(from);
      });
      ends.forEach((end, head) => {
        for (let inner = head; end !== undefined && inner <= end; inner++) {
          expect(ends[inner] ?? inner).toBeLessThanOrEqual(end);
        }
      });
    }),
  );
});
