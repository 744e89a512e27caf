import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unsupportedFiles } from '../../src/formats/containers/unsupported.js';
import { openMemory } from '../../src/formats/open-image.js';
import { holedGuest, plainGuest } from './builders/guest.js';
import { buildLime } from './builders/lime.js';
import { expectGuest, openBytes } from './open-bytes.js';

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'memlapse-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openMemory', () => {
  test('goes by content, not by name', async () => {
    await writeFile(path('memory.raw'), buildLime(holedGuest));
    await writeFile(path('memory.lime'), plainGuest[0]!.bytes);
    expectGuest(await openMemory(path('memory.raw')), holedGuest);
    expectGuest(await openMemory(path('memory.lime')), plainGuest);
  });

  test('takes the format that it is told', async () => {
    await writeFile(path('lime'), buildLime(holedGuest));
    const memory = await openMemory(path('lime'), { format: 'raw' });
    expect(memory.format).toBe('raw');
    await expect(openMemory(path('lime'), { format: 'tape' })).rejects.toMatchObject({
      message: 'tape: no such memory format',
      hint: expect.stringContaining('raw'),
    });
  });

  test('says in one line why it cannot, and what to do', async () => {
    await writeFile(path('empty'), '');
    await expect(openMemory(path('empty'))).rejects.toMatchObject({
      name: 'UserError',
      message: `${path('empty')}: is empty`,
      hint: 'check that the acquisition finished',
    });
    await expect(openMemory(path('nothing'))).rejects.toMatchObject({
      name: 'UserError',
      message: `${path('nothing')}: no such file`,
      hint: 'check the path',
    });
    await expect(openMemory(folder)).rejects.toMatchObject({
      name: 'UserError',
      message: `${folder}: is a folder`,
      hint: 'name a memory image inside it',
    });
  });

  test.skipIf(process.platform === 'win32')('does not wait for a named pipe', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    await expect(openMemory(path('pipe'))).rejects.toThrow('is not a regular file');
  });

  test.each(unsupportedFiles)('recognises $name', async ({ name, magic, offset = 0, hint }) => {
    const file = Buffer.alloc(8192);
    file.write(magic, offset, 'latin1');
    await expect(openBytes(file)).rejects.toMatchObject({ message: `image: is ${name}`, hint });
  });
});
