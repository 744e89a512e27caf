#!/usr/bin/env node
// Builds and runs: commands are partly made from the plugins, so there is no way around the build step.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

execFileSync('npm', ['run', '--silent', 'build'], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
});
await import('./run.js');
