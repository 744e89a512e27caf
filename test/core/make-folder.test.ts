/** Folders that are made with those above them, and what the system says where that cannot be. */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeFolder } from '../../src/core/make-folder.js';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-folder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('makes those above, with the mode, and leaves one that is there', () => {
  const folder = join(scratch(), 'a', 'b', 'c');
  makeFolder(folder, 0o700);
  makeFolder(folder, 0o755);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('fails where a file is in the way', () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow(/EEXIST/);
  expect(() => makeFolder(join(file, 'below'))).toThrow(/ENOTDIR/);
});

test.skipIf(!existsSync('/proc/self'))('fails where the system makes none, and does not try for ever', () => {
  expect(() => makeFolder('/proc/memlapse-none')).toThrow(/ENOENT|EACCES|EPERM/);
});
