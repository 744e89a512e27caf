// Runs generated conformance cases against the host's processor for as long as asked: the nightly form of
// test/emulator/conformance/host-conformance.test.ts.
//
//   npm run judge:processor -- [--cases 1000000] [--seed 1] [--tier interpreter|jit] [--family NAME]
//
// The cases are spread over all rows of all families and run in both tiers. Prints each mismatch (shrunk) as it is
// found, how far it is on stderr, and at the end a table in Markdown; ends with 1 when there was any mismatch.

import { parseArgs } from 'node:util';
import { FAMILIES } from '../src/emulator/isa/tables.js';
import { casesOfRow, comparableRows } from '../test/emulator/conformance/cases-from-tables.js';
import { comparableModel } from '../test/emulator/conformance/comparable-model.js';
import { EmulatorCpu } from '../test/emulator/conformance/emulator-cpu.js';
import { openHostCpu } from '../test/emulator/conformance/host/host-cpu.js';
import { judge } from '../test/emulator/conformance/judge.js';
import { Random } from '../test/emulator/conformance/random.js';

const TIERS = ['interpreter', 'jit'] as const;
/** Encodings of a row in a round, and states that each runs from. */
const COUNT = { encodings: 2, states: 64 };
const SECONDS_BETWEEN_LINES = 20;

interface Tally {
  readonly rows: number;
  cases: number;
  readonly mismatches: Record<(typeof TIERS)[number], number>;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    tier: { type: 'string' },
    family: { type: 'string' },
  },
});

function fail(why: string): never {
  console.error(`cannot run: ${why}`);
  process.exit(2);
}

const opened = openHostCpu();
if (typeof opened === 'string') fail(opened);
const host = opened;
const tiers = TIERS.filter((tier) => values.tier === undefined || tier === values.tier);
if (tiers.length === 0) fail(`no tier '${values.tier}'; there are ${TIERS.join(', ')}`);
const wanted = Number(values.cases);
const random = new Random(Number(values.seed));
if (!Number.isSafeInteger(wanted) || wanted <= 0) fail(`--cases wants a number, not '${values.cases}'`);
const model = comparableModel(host);
const rows = comparableRows(values.family);
if (rows.length === 0) {
  const names = FAMILIES.map(({ name }) => name).filter((name) => comparableRows(name).length > 0);
  fail(`no family '${values.family}' can be compared; there are ${names.join(', ')}`);
}
const modes = host.runs32Bit ? ([64, 32] as const) : ([64] as const);

const tallies = new Map<string, Tally>();
for (const { family } of rows) {
  const { rows: before } = tallies.get(family.name) ?? { rows: 0 };
  tallies.set(family.name, { rows: before + 1, cases: 0, mismatches: { interpreter: 0, jit: 0 } });
}

let total = 0;
const start = performance.now();
let lastLine = start;

function tellProgress(): void {
  if (performance.now() - lastLine < SECONDS_BETWEEN_LINES * 1000) return;
  lastLine = performance.now();
  console.error(`${total} of ${wanted} cases, ${Math.round((lastLine - start) / 1000)} s`);
}

/** One pass over all rows; false when the wanted number was reached on the way. */
function round(): boolean {
  // Fresh processors each round: what one leaves behind must not matter, and its code tables stay small.
  const subjects = tiers.map((tier) => ({ tier, cpu: new EmulatorCpu(tier, model) }));
  for (const { family, row } of rows) {
    const tally = tallies.get(family.name) as Tally;
    for (const mode of modes) {
      if (total >= wanted) return false;
      const cases = casesOfRow(family, row, mode, COUNT, model, random);
      if (cases.length === 0) continue;
      const expected = host.run(cases);
      for (const { tier, cpu } of subjects) {
        const verdict = judge(cases, host, cpu, expected);
        tally.mismatches[tier] += verdict.mismatches;
        for (const report of verdict.reports) console.log(`${tier}: ${report}`);
      }
      tally.cases += cases.length;
      total += cases.length;
      tellProgress();
    }
  }
  return true;
}

while (round());

const seconds = (performance.now() - start) / 1000;
const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
console.log(line(['family', 'rows', 'cases', ...tiers.map((tier) => `mismatches, ${tier}`)]));
console.log(line(['---', '---', '---', ...tiers.map(() => '---')]));
let mismatches = 0;
for (const [name, tally] of tallies) {
  console.log(line([name, tally.rows, tally.cases, ...tiers.map((tier) => tally.mismatches[tier])]));
  for (const tier of tiers) mismatches += tally.mismatches[tier];
}
console.log(
  `${host.name}: ${total} cases in ${tiers.join(' and ')}, ${mismatches} mismatches, ${Math.round(seconds)} s`,
);
process.exit(mismatches > 0 ? 1 : 0);
