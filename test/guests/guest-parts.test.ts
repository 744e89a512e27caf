import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { anonymousCodeProgram } from '../../src/guests/anonymous-code.js';
import { cpioArchive, DIRECTORY, FILE } from '../../src/guests/cpio-archive.js';
import { loadGuestFile } from '../../src/guests/guest-file.js';

const folder = mkdtempSync(join(tmpdir(), 'memlapse-guests-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the program with anonymous code', () => {
  it.skipIf(process.arch !== 'x64')('maps writable and executable memory on the real kernel', async () => {
    const path = join(folder, 'anonymous-code');
    writeFileSync(path, anonymousCodeProgram('amd64'));
    chmodSync(path, 0o755);
    const child = spawn(path);
    try {
      let maps = '';
      for (let tries = 0; tries < 100 && !maps.includes('rwxp'); tries++) {
        await setTimeout(20);
        maps = readFileSync(`/proc/${child.pid}/maps`, 'latin1');
      }
      const area = maps.split('\n').find((line) => line.includes('rwxp')) ?? '';
      expect(area).toMatch(/rwxp 00000000 00:00 0\s*$/);
      const [start, end] = area
        .split(' ', 1)[0]!
        .split('-')
        .map((text) => Number.parseInt(text, 16));
      expect(end! - start!).toBe(4 * 4096);
      // It sleeps; it has not crashed.
      expect(child.exitCode).toBeNull();
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('archives for the initial root', () => {
  it.skipIf(spawnSync('cpio', ['--version']).error !== undefined)('are what cpio reads', () => {
    const archive = cpioArchive([
      { name: 'bin', mode: DIRECTORY | 0x1ed },
      { name: 'bin/one', mode: FILE | 0x1ed, data: Buffer.from('first\n') },
      { name: 'empty', mode: FILE | 0x1a4 },
    ]);
    const target = mkdtempSync(join(folder, 'unpacked-'));
    const listed = spawnSync('cpio', ['-it', '--quiet'], { input: archive, encoding: 'utf8' });
    expect([listed.stdout, listed.stderr]).toEqual(['bin\nbin/one\nempty\n', '']);
    expect(spawnSync('cpio', ['-id', '--quiet'], { input: archive, cwd: target }).status).toBe(0);
    expect(readFileSync(join(target, 'bin/one'), 'utf8')).toBe('first\n');
    expect(readFileSync(join(target, 'empty')).length).toBe(0);
  });
});

describe('guest files', () => {
  const guest = { name: 'one', kernel: 'vmlinuz', initrd: 'initrd.gz', memory: 268435456, cpu: 64 };
  const written = (value: unknown): string => {
    const path = join(folder, 'guest.json');
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
    return path;
  };

  it('come back with paths beside the file', async () => {
    expect(await loadGuestFile(written(guest))).toEqual({
      ...guest,
      kernel: join(folder, 'vmlinuz'),
      initrd: join(folder, 'initrd.gz'),
    });
  });

  it.each([
    ['no JSON', '{', /is no guest file, for it is no JSON/],
    ['a missing kernel', { ...guest, kernel: undefined }, /must have required property 'kernel'/],
    ['too little memory', { ...guest, memory: 4096 }, /memory must be >= 16777216/],
    ['an unknown key', { ...guest, kernal: 'x' }, /must NOT have additional properties/],
  ])('with %s are refused in one line', async (_what, value, message) => {
    await expect(loadGuestFile(written(value))).rejects.toThrow(message);
  });
});
