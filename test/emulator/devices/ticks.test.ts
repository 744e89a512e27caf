/** Tick arithmetic against exact integers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOfTick, ticksAt } from '../../../src/emulator/devices/ticks.js';

const hertz = fc.constantFrom(32_768, 1_193_182, 3_579_545, 1_000_000_000);

test('counts the edges before an instant exactly', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 49 }), hertz, (nanoseconds, rate) => {
      const exact = (BigInt(nanoseconds) * BigInt(rate)) / 1_000_000_000n;
      expect(BigInt(ticksAt(nanoseconds, rate))).toBe(exact);
    }),
  );
});

test('finds the first instant of a tick', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 33 }), hertz, (ticks, rate) => {
      const instant = instantOfTick(ticks, rate);
      expect(ticksAt(instant, rate)).toBeGreaterThanOrEqual(ticks);
      if (instant > 0) expect(ticksAt(instant - 1, rate)).toBeLessThan(ticks);
    }),
  );
});
