/**
 * The tests of one image: damage is drawn by fast-check, which prints the seed and the smallest case when one falls over;
 * `npm run fuzz` does thousands.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawMutations } from './mutations.js';
import type { Candidate } from './subject-files.js';
import { WatchedSubject } from './watched-subject.js';

const HOUR = 3_600_000;

/** How many damaged runs, by what is damaged. */
export interface Amounts {
  readonly plugin: number;
  readonly kernel: number;
}

export function damageTests({ name, file }: Candidate, amounts: Amounts): void {
  describe(name, () => {
    let subject: WatchedSubject;
    beforeAll(async () => {
      subject = await new WatchedSubject(await file()).open();
    }, HOUR);
    afterAll(() => subject.close());

    it.each([
      ['what plugins read', 'plugin'],
      ['what the kernel is found by', 'kernel'],
    ] as const)('damage to %s never makes a plugin throw, hang or grow', { timeout: HOUR }, async (_what, target) => {
      expect(subject.plugins).toContain('pslist');
      const plugin = fc.nat(10_000).map((index) => subject.plugins[index % subject.plugins.length] as string);
      await fc.assert(
        fc.asyncProperty(plugin, drawMutations(6), async (chosen, mutations) => {
          const { failure } = await subject.run({ plugin: chosen, target, mutations });
          if (failure !== undefined) throw new Error(`${chosen}: ${failure}`);
        }),
        { numRuns: amounts[target] },
      );
    });
  });
}
