/** Fails when oclif.manifest.json no longer says what the built commands say. `npm run manifest` writes it anew. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = mkdtempSync(join(tmpdir(), 'memlapse-manifest-'));
try {
  for (const part of ['package.json', 'bin', 'dist']) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  execFileSync(join(root, 'node_modules/.bin/oclif'), ['manifest'], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const fresh = JSON.parse(readFileSync(join(copy, 'oclif.manifest.json'), 'utf8'));
  const kept = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8'));
  if (JSON.stringify(fresh) !== JSON.stringify(kept)) {
    console.error('oclif.manifest.json is not what the commands say: run `npm run manifest` and commit it');
    process.exit(1);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
