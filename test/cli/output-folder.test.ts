/** What plugins extract lands below the folder that the user named, whatever the guest called it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { outputFolder } from '../../src/cli/output-folder.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'memlapse-output-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const chunk = (text: string, offset = 0) => ({ offset, bytes: Buffer.from(text) });

it('writes a tree, each file below its folders', () => {
  const extract = outputFolder(root);
  expect(extract(['etc', 'zoo.conf'], [chunk('a')])).toBe(join(root, 'etc', 'zoo.conf'));
  expect(extract(['etc', 'deep', 'er'], [chunk('b')])).toBe(join(root, 'etc', 'deep', 'er'));
  expect(extract('flat', [chunk('c')])).toBe(join(root, 'flat'));
  expect(readFileSync(join(root, 'etc/deep/er'), 'utf8')).toBe('b');
});

it('leaves holes, and makes a file as long as an empty last chunk says', () => {
  const path = outputFolder(root)(['sparse'], [chunk('first'), chunk('later', 8192), chunk('', 1 << 20)])!;
  const bytes = readFileSync(path);
  expect(bytes.length).toBe(1 << 20);
  expect(bytes.subarray(8192, 8197).toString()).toBe('later');
  expect(bytes.subarray(5, 8192).every((byte) => byte === 0)).toBe(true);
  expect(statSync(path).blocks * 512).toBeLessThan(1 << 19);
});

it('overwrites nothing, and goes around files that stand where a folder is wanted', () => {
  const extract = outputFolder(root);
  extract(['a'], [chunk('file')]);
  expect(extract(['a'], [chunk('again')])).toBe(join(root, 'a.1'));
  expect(extract(['a', 'b'], [chunk('below')])).toBe(join(root, 'a.2', 'b'));
  expect(extract(['a', 'c'], [chunk('below')])).toBe(join(root, 'a.2', 'c'));
  expect(readFileSync(join(root, 'a'), 'utf8')).toBe('file');
});

it('never leaves the folder', () => {
  const extract = outputFolder(join(root, 'inside'));
  for (const name of [['..', '..', 'x'], ['.', 'y'], '../z', ['a/../../w'], ['', 'v'], [], ['\0', 'u']]) {
    expect(extract(name, [chunk('guest')])?.startsWith(join(root, 'inside', '/'))).toBe(true);
  }
  expect(readdirSync(root)).toEqual(['inside']);
});
