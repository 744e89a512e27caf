import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/** Tests that boot guests take longest; begun first, none is left for one worker alone at the end. */
class GuestsFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
    const boots = ({ moduleId }: (typeof files)[number]): number => (/\/(?:live|boot)\//.test(moduleId) ? 0 : 1);
    return (await super.sort(files)).toSorted((a, b) => boots(a) - boots(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // oclif's runCommand captures stdout itself; vitest's interception would leave it empty.
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: GuestsFirst },
  },
});
