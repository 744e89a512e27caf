/**
 * One live run of the guest with the process zoo, from before the zoo's life to after it: a snapshot at each of four
 * moments, and what analysis says of them against what the guest said.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveSession } from '../../src/live/live-session.js';
import { openStore, type SnapshotStore } from '../../src/snapshots/store.js';
import type { Flavour } from '../support/debian-kernel.js';
import { type JudgedMoment, judgeComparison, judgedMoment, judgeRows } from './judge-moments.js';
import { zooGuest } from './zoo-guest.js';
import { MOMENTS, ZOO_SCRIPT } from './zoo-moments.js';

const SERIES = 'zoo';
const MOMENT_EVENTS = Array.from({ length: MOMENTS }, (_, index) => {
  const argument = `=MOMENT ${index + 1}=`;
  return { label: argument, event: 'console', argument } as const;
});
/** A boot and the zoo's life, and one test, on a machine with other work to do. */
const PATIENCE = 1_800_000;
const TEST_PATIENCE = 600_000;

/** Declares the tests; one run serves them all. Skipped, with the reason, where the guest cannot be had. */
export function watchZooGuest(flavour: Flavour): void {
  const guest = zooGuest(flavour);
  if (typeof guest === 'string') {
    console.log(`skipped: the process zoo on ${flavour} (${guest})`);
    describe.skip(`the process zoo, ${flavour} (${guest})`, () => test('is watched'));
    return;
  }
  describe(`the process zoo, ${flavour}`, { timeout: TEST_PATIENCE }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'memlapse-zoo-'));
    const moments: JudgedMoment[] = [];
    let store: SnapshotStore;
    beforeAll(async () => {
      process.env.MEMLAPSE_CACHE = join(folder, 'cache');
      store = openStore(join(folder, 'store'), { create: true });
      let printed = '';
      const session = await LiveSession.open(
        store,
        { guest },
        {
          series: SERIES,
          speed: 'max',
          schedule: { timed: [], events: MOMENT_EVENTS },
          script: ZOO_SCRIPT,
        },
        {
          // The guest stands still behind the text that is watched for: what is due is still taken.
          output: (bytes) => {
            printed += Buffer.from(bytes).toString('latin1');
            if (printed.endsWith(`=MOMENT ${MOMENTS}=`)) session.run.stop('the zoo is closed', { snapshot: false });
          },
          snapshot: () => {},
          remark: () => {},
        },
      );
      const end = await session.toEnd();
      expect(end, printed.slice(-2000)).toEqual({ kind: 'stopped', by: 'the zoo is closed' });
      const said = printed.split(/=MOMENT \d+=/).slice(0, MOMENTS);
      said.forEach((text, index) => void moments.push(judgedMoment(store, SERIES, index + 1, text)));
    }, PATIENCE);
    afterAll(async () => {
      for (const { image } of moments) image.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });

    judgeRows(() => moments);
    judgeComparison(() => moments, ['processes', 'threads', 'modules', 'handles', 'mappings', 'credentials']);

    test('the zoo came and went', () => {
      const isZoo = (line: string) => line.endsWith(' /bin/zoo');
      expect(moments.map(({ truth }) => truth.lines.maps.some(isZoo))).toEqual([false, true, true, false]);
      expect(moments.map(({ log }) => log.length)).toEqual([0, 0, 7, 0]);
    });
  });
}
