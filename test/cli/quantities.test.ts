import { describe, expect, it } from 'vitest';
import { parseInterval, parseTime } from '../../src/cli/quantities.js';
import { UsageError } from '../../src/core/errors.js';

describe('spans and counts as users write them', () => {
  it.each([
    ['2s', { everyTime: 2_000_000_000 }],
    ['500ms', { everyTime: 500_000_000 }],
    ['1.5m', { everyTime: 90_000_000_000 }],
    ['100Mi', { everyInstructions: 100_000_000 }],
    ['1Gi', { everyInstructions: 1_000_000_000 }],
  ])('%s', (text, interval) => {
    expect(parseInterval(text)).toEqual(interval);
  });

  it.each(['', '2', 's', '-1s', '0s', '2 s', '1e3s', 'Infinitys', '0.1i'])('refuses %j', (text) => {
    expect(() => parseInterval(text)).toThrow(UsageError);
  });

  it('knows no instructions where time is asked for', () => {
    expect(() => parseTime('100Mi')).toThrow(UsageError);
  });
});
