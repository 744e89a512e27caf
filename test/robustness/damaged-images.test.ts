/**
 * Every plugin on damaged images: in its bounds, with rows of the published shape, and with no other exception than the
 * one for people. fast-check prints the seed and the smallest case when one falls over; `npm run fuzz` does thousands.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawMutations } from './mutations.js';
import { type Candidate, REAL, SYNTHETIC } from './subject-files.js';
import { WatchedSubject } from './watched-subject.js';

const HOUR = 3_600_000;
/** One of each kind of kernel is enough here. */
const REAL_NAMES = ['linux-amd64-6.1', 'linux-i386-pae-6.1'];
const real = REAL.filter(({ name }) => REAL_NAMES.includes(name));

interface Amounts {
  readonly plugin: number;
  readonly kernel: number;
}

function damaged({ name, file }: Candidate, amounts: Amounts) {
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

for (const candidate of SYNTHETIC) damaged(candidate, { plugin: 150, kernel: 60 });
for (const candidate of real) damaged(candidate, { plugin: 60, kernel: 10 });
describe.skipIf(real.length > 0)('real images (none here)', () => {
  it.skip('are not damaged', () => {});
});
