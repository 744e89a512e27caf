/**
 * `npm run judge:v86 [programs] [first seed]`: random multiboot programs of 32-bit system code in the emulator and in v86 (npm,
 * a development dependency), slot by slot. Exit code 1 for a difference that is not declared.
 */
import { compareProgram } from './compare-program.js';
import { SLOTS } from './random-program.js';
import { assembleHarness, hasV86 } from './run-program.js';

const [programs = 20, first = 1] = process.argv.slice(2).map(Number);
const harness = assembleHarness();
if (harness === undefined || !hasV86()) {
  console.log('skipped: gcc -m32 and the npm package v86 are needed');
  process.exit(0);
}
const reasons = new Map<string, number>();
let [slots, agreed, gaveUp, undeclared] = [0, 0, 0, 0];
for (let seed = first; seed < first + programs; seed++) {
  const result = compareProgram(harness, seed, seed % 2 === 0);
  if (result.gaveUp !== undefined) gaveUp++;
  slots += result.slots;
  agreed += result.agreed;
  for (const [reason, count] of result.declared) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  for (const line of result.undeclared) console.log(line);
  undeclared += result.undeclared.length;
}
console.log(`${programs} programs of ${SLOTS} slots; v86 gave up ${gaveUp}; ${slots} slots compared, ${agreed} alike`);
for (const [reason, count] of reasons) console.log(`${String(count).padStart(6)}  ${reason}`);
console.log(`${undeclared} differences are not declared`);
process.exitCode = undeclared === 0 ? 0 : 1;
