/** Every plugin of NT on damaged images: synthetic guests always, ReactOS where it is there. */
import { damageTests } from './damage-tests.js';
import { REAL, SYNTHETIC } from './subject-files.js';

const isWindows = ({ system }: { readonly system: string }) => system === 'windows';
const real = REAL.filter(isWindows);

for (const candidate of SYNTHETIC.filter(isWindows)) damageTests(candidate, { plugin: 70, kernel: 10 });
for (const candidate of real) damageTests(candidate, { plugin: 12, kernel: 2 });
if (real.length === 0) console.log('skipped: damage to ReactOS (no image here)');
