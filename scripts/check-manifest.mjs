/** Builds, and fails when that changed oclif.manifest.json: the manifest in the tree must say what the commands say. */
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const manifest = new URL('../oclif.manifest.json', import.meta.url);
const kept = readFileSync(manifest, 'utf8');
execSync('npm run --silent build', { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
if (readFileSync(manifest, 'utf8') !== kept) {
  console.error('oclif.manifest.json was not what the commands say; it has been written anew: commit it');
  process.exit(1);
}
