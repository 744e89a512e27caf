/** Builds, and fails when that changed a file that the build writes into the tree. */
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const GENERATED = ['oclif.manifest.json', 'docs/plugins.md'];

const cwd = fileURLToPath(new URL('..', import.meta.url));
const contents = () => GENERATED.map((path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));
const kept = contents();
execSync('npm run --silent build', { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
const stale = GENERATED.filter((_, index) => contents()[index] !== kept[index]);
if (stale.length > 0) {
  console.error(`${stale.join(' and ')} did not say what the code says; written anew: commit`);
  process.exit(1);
}
