// Runs generated conformance cases against the host's processor for as long as asked: the nightly form of
// test/emulator/conformance/host-conformance.test.ts.
//
//   npx tsx scripts/emulator-conformance.ts [--cases 1000000] [--seed 1] [--tier interpreter|jit] [--family sse-float]
//
// Prints each mismatch (shrunk) as it is found, then the totals; ends with 1 when there was any.

import { parseArgs } from 'node:util';
import { MEMLAPSE64 } from '../src/emulator/cpu/models.js';
import { casesOfRow, comparableRows } from '../test/emulator/conformance/cases-from-tables.js';
import { EmulatorCpu } from '../test/emulator/conformance/emulator-cpu.js';
import { openHostCpu } from '../test/emulator/conformance/host/host-cpu.js';
import { judge } from '../test/emulator/conformance/judge.js';
import { Random } from '../test/emulator/conformance/random.js';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    tier: { type: 'string', default: 'interpreter' },
    family: { type: 'string' },
  },
});

const host = openHostCpu();
if (typeof host === 'string') {
  console.error(`cannot run: ${host}`);
  process.exit(2);
}
const tier = values.tier === 'jit' ? 'jit' : 'interpreter';
const random = new Random(Number(values.seed));
const wanted = Number(values.cases);
const rows = comparableRows(values.family);
const modes = host.runs32Bit ? ([64, 32] as const) : ([64] as const);
const states = 64;
let total = 0;
let mismatches = 0;
const start = performance.now();

while (total < wanted) {
  // A fresh processor each round: what one leaves behind must not matter, and its code tables stay small.
  const subject = new EmulatorCpu(tier);
  for (const { family, row } of rows) {
    for (const mode of modes) {
      const cases = casesOfRow(family, row, mode, { encodings: 2, states }, MEMLAPSE64, random);
      if (cases.length === 0 || total >= wanted) continue;
      const verdict = judge(cases, host, subject);
      total += verdict.cases;
      mismatches += verdict.mismatches;
      for (const report of verdict.reports) console.log(report);
    }
  }
}
const seconds = (performance.now() - start) / 1000;
console.log(`${host.name}, ${tier}: ${total} cases, ${mismatches} mismatches, ${Math.round(total / seconds)} cases/s`);
process.exit(mismatches > 0 ? 1 : 0);
