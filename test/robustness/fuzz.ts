/**
 * The long campaign: thousands of damaged runs on every image there is, all failures gathered by where they happened.
 *
 *     npm run fuzz -- [CASES] [SEED] [IMAGE…]
 *
 * Exit code 1 when there was a failure; each is printed once with the case that shows it again.
 */
import fc from 'fast-check';
import { drawMutations } from './mutations.js';
import type { Case } from './subject.js';
import { type Candidate, REAL, SYNTHETIC } from './subject-files.js';
import { WatchedSubject } from './watched-subject.js';

const [, , cases = '2000', seed = `${Date.now() & 0xffffffff}`, ...names] = process.argv;
const candidates = [...SYNTHETIC, ...REAL].filter(({ name }) => names.length === 0 || names.includes(name));
console.log(`seed ${seed}, ${cases} cases an image, images: ${candidates.map(({ name }) => name).join(', ')}`);
let failures = 0;
for (const candidate of candidates) failures += await campaign(candidate);
process.exitCode = failures > 0 ? 1 : 0;

async function campaign({ name, file }: Candidate): Promise<number> {
  const subject = await new WatchedSubject(await file()).open();
  const drawn = fc.sample(
    fc.record({
      plugin: fc.constantFrom(...subject.plugins),
      // Finding the kernel anew costs much more than a plugin.
      target: fc.constantFrom<Case['target']>('plugin', 'plugin', 'plugin', 'plugin', 'plugin', 'plugin', 'kernel'),
      mutations: drawMutations(6),
    }),
    { numRuns: Number(cases), seed: Number(seed) },
  );
  const kinds = new Map<string, number>();
  const totals = { rows: 0, partial: 0, refused: 0 };
  for (const each of drawn) {
    const outcome = await subject.run(each);
    totals.rows += outcome.rows;
    totals.partial += outcome.partial;
    if (outcome.refused !== undefined) totals.refused++;
    if (outcome.failure === undefined) continue;
    const kind = place(outcome.failure);
    const before = kinds.get(kind) ?? 0;
    kinds.set(kind, before + 1);
    if (before === 0) console.log(`\n${name} ${JSON.stringify(each)}\n${outcome.failure}`);
  }
  subject.close();
  console.log(
    `${name}: ${drawn.length} cases, ${totals.rows} rows (${totals.partial} partial), ${totals.refused} refused`,
  );
  for (const [kind, count] of kinds) console.log(`  ${count} x ${kind}`);
  return kinds.size;
}

/** What a failure is called: its message without numbers, and the first place of ours in its stack. */
function place(failure: string): string {
  const [message = '', ...stack] = failure.split('\n');
  const frame = stack.find((line) => line.includes('/src/'))?.trim() ?? '';
  return `${message.replace(/0x[0-9a-f]+|\d+/g, 'N').slice(0, 120)} ${frame.replace(/.*\/src\//, 'src/')}`;
}
