/**
 * Programs of Debian packages that judge us. One that is missing is installed where that is possible (root, with apt);
 * otherwise the tests that need it are skipped, with a line that says so.
 */
import { spawnSync } from 'node:child_process';

const isInstalled = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

/** Is `command` there, perhaps after installing `packageName`? Says why not. */
export function hasDebianTool(command: string, packageName: string): boolean {
  if (isInstalled(command)) return true;
  if (process.getuid?.() === 0) {
    const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 120_000 };
    spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', packageName], options);
    if (isInstalled(command)) return true;
  }
  console.log(`skipped: ${command} is not installed (Debian package ${packageName})`);
  return false;
}
