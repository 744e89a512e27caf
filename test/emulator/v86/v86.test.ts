/**
 * 32-bit system code (segment loads, gates, far transfers, faults, privilege changes, virtual-8086 mode, paging) against
 * v86: generated programs run in both. v86 is a peer and no authority: `deviations.ts` says where it leaves the manual.
 */
import { describe, expect, test } from 'vitest';
import { compareProgram } from './compare-program.js';
import { assembleHarness, hasV86 } from './run-program.js';

/** The last one has MMX with CR0.EM and CR0.TS set. */
const SEEDS = [1, 2, 3, 4, 15];
const harness = hasV86() ? assembleHarness() : undefined;
if (harness === undefined) console.log('skipped: no comparison with v86 (the npm package and gcc -m32 are needed)');

describe.skipIf(harness === undefined)('random programs', () => {
  test.each(SEEDS)('program %i ends as in v86', { timeout: 300_000 }, (seed) => {
    const { gaveUp, slots, agreed, undeclared } = compareProgram(harness!, seed, seed % 2 === 0);
    expect(undeclared).toEqual([]);
    if (gaveUp === undefined) expect(agreed).toBeGreaterThan(slots * 0.85);
  });
});
