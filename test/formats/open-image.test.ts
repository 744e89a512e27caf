import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unsupportedFiles } from '../../src/formats/containers/unsupported.js';
import { openMemory } from '../../src/formats/open-image.js';
import { scanChunks } from '../../src/memory/scan-chunks.js';
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

  test('opens an image larger than memory, which stays where it is', async () => {
    await writeFile(path('large'), '');
    truncateSync(path('large'), 2 ** 34);
    const before = process.memoryUsage().rss;
    const memory = await openMemory(path('large'));
    let state = 1;
    for (let i = 0; i < 5000; i++) {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      expect(memory.page(state % 2 ** 22)?.length).toBe(4096);
    }
    for (const { bytes } of scanChunks(memory, { start: 2 ** 33, end: 2 ** 33 + 2 ** 28 })) expect(bytes[7]).toBe(0);
    // 64 MiB of cache, and what the engine takes for itself.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    memory.close();
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
      hint: 'name a file inside it',
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
