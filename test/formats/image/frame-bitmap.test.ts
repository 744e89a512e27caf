import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameBitmap } from '../../../src/formats/image/frame-bitmap.js';

test('FrameBitmap agrees with a plain list of frames', () => {
  const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 700 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(runs, (list) => {
      const bits = new Uint8Array(512);
      const set = new Set(list.flatMap(([start, length]) => Array.from({ length }, (_, i) => start + i)));
      const frames = [...set].sort((a, b) => a - b);
      for (const frame of frames) bits[frame >> 3]! |= 1 << (frame & 7);
      const bitmap = new FrameBitmap(bits);
      expect(bitmap.count).toBe(frames.length);
      let rank = 0;
      for (let frame = 0; frame < 4096; frame++) {
        if (bitmap.has(frame) !== set.has(frame) || bitmap.rank(frame) !== rank) expect.fail(`frame ${frame}`);
        if (set.has(frame) && bitmap.select(rank++) !== frame) expect.fail(`rank of ${frame}`);
      }
      const covered = bitmap
        .ranges()
        .flatMap(({ start, end }) => Array.from({ length: (end - start) / 4096 }, (_, i) => start / 4096 + i));
      expect(covered).toEqual(frames);
      const starts = bitmap.ranges().map(({ start }) => start);
      expect(starts.every((start) => !set.has(start / 4096 - 1))).toBe(true);
      expect(bitmap.has(5000)).toBe(false);
    }),
    { numRuns: 300 },
  );
});
