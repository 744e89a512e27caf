// Holds a processor's outcomes against the host's and reports what differs, smallest case first. Used by the test
// suite and by the long-running command.

import type { ConformanceCase, Outcome } from './case.js';
import { describeCase, differences } from './compare.js';
import { shrink } from './shrink.js';

/** Anything that can run cases. */
export interface Judge {
  run(cases: readonly ConformanceCase[]): Outcome[];
}

const REPORTED = 3;

export interface Verdict {
  readonly cases: number;
  readonly mismatches: number;
  /** The first mismatches, shrunk and described. */
  readonly reports: readonly string[];
}

/** Runs `cases` on both; `expected` is the host's outcomes when they are known already. */
export function judge(
  cases: readonly ConformanceCase[],
  host: Judge,
  subject: Judge,
  expected: readonly Outcome[] = host.run(cases),
): Verdict {
  const actual = subject.run(cases);
  const differs = (test: ConformanceCase): string[] =>
    differences(test, host.run([test])[0] as Outcome, subject.run([test])[0] as Outcome);
  const failing = cases.filter((test, i) => differences(test, expected[i] as Outcome, actual[i] as Outcome).length > 0);
  const reports = failing.slice(0, REPORTED).map((test) => {
    const small = shrink(test, (candidate) => differs(candidate).length > 0);
    const lines = differs(small);
    const shown = lines.length > 0 ? lines : ['(only in this order of cases)'];
    return [describeCase(small), ...shown.map((line) => `    ${line}`)].join('\n');
  });
  return { cases: cases.length, mismatches: failing.length, reports };
}
