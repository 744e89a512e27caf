/**
 * Every plugin of Linux on damaged images: in its bounds, with rows of the published shape, and with no other exception than
 * the one for people.
 */
import { damageTests } from './damage-tests.js';
import { REAL, SYNTHETIC } from './subject-files.js';

/** One of each kind of kernel is enough here. */
const REAL_NAMES = ['linux-amd64-6.1', 'linux-i386-pae-6.1'];
const real = REAL.filter(({ name }) => REAL_NAMES.includes(name));

for (const candidate of SYNTHETIC.filter(({ system }) => system === 'linux'))
  damageTests(candidate, { plugin: 150, kernel: 60 });
for (const candidate of real) damageTests(candidate, { plugin: 60, kernel: 10 });
if (real.length === 0) console.log('skipped: damage to real images (no image here)');
