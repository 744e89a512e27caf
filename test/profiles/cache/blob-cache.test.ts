/** The cache: what it keeps, what it forgets, and that nothing that goes wrong with it goes wrong with the program. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobCache } from '../../../src/profiles/cache/blob-cache.js';
import { cacheDirectory } from '../../../src/profiles/cache/cache-directory.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'memlapse-cache-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const files = (): string[] => readdirSync(directory).map((name) => join(directory, name));

describe('BlobCache', () => {
  it('gives back what was put, under its own key only', () => {
    const cache = new BlobCache(directory);
    expect(cache.get('a')).toBeUndefined();
    cache.put('a', Buffer.from('alpha'));
    cache.put('b', Buffer.alloc(0));
    expect(cache.get('a')?.toString()).toBe('alpha');
    expect(cache.get('b')?.length).toBe(0);
    expect(cache.get('c')).toBeUndefined();
    cache.put('a', Buffer.from('another'));
    expect(new BlobCache(directory).get('a')?.toString()).toBe('another');
  });

  it('forgets an entry in which any byte is wrong, or the end is missing', () => {
    const cache = new BlobCache(directory);
    cache.put('a', Buffer.from('alpha'));
    const [path = ''] = files();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 1;
      writeFileSync(path, damaged);
      expect(cache.get('a')).toBeUndefined();
      expect(files()).toEqual([]);
    }
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      expect(cache.get('a')).toBeUndefined();
    }
    cache.put('a', Buffer.from('alpha'));
    expect(cache.get('a')?.toString()).toBe('alpha');
  });

  it('does not take one key for another', () => {
    const cache = new BlobCache(directory);
    cache.put('a', Buffer.from('alpha'));
    const [first = ''] = files();
    cache.put('b', Buffer.from('beta'));
    const second = files().find((path) => path !== first) ?? '';
    writeFileSync(second, readFileSync(first));
    expect(cache.get('b')).toBeUndefined();
  });

  it('stays below its limit, forgetting what was not used for longest', () => {
    const cache = new BlobCache(directory, 1000);
    for (const [index, key] of ['a', 'b', 'c'].entries()) {
      cache.put(key, Buffer.alloc(250));
      const path = files().find((name) => !known.has(name)) ?? '';
      known.add(path);
      utimesSync(path, new Date(1000 * index), new Date(1000 * index));
    }
    // Used now, so older than none.
    expect(cache.get('a')?.length).toBe(250);
    cache.put('d', Buffer.alloc(250));
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
    cache.put('huge', Buffer.alloc(600));
    expect(cache.get('huge')).toBeUndefined();
  });
  const known = new Set<string>();

  it('clears away what a killed writer left, but not what one is writing', () => {
    const cache = new BlobCache(directory);
    const old = join(directory, 'old.partial');
    const fresh = join(directory, 'fresh.partial');
    writeFileSync(old, 'x');
    writeFileSync(fresh, 'x');
    utimesSync(old, new Date(0), new Date(0));
    cache.put('a', Buffer.from('alpha'));
    expect(files().includes(old)).toBe(false);
    expect(files().includes(fresh)).toBe(true);
  });

  it('is off, and nothing else, where there can be no directory', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    for (const place of [file, join(file, 'inside')]) {
      const cache = new BlobCache(place);
      cache.put('a', Buffer.from('alpha'));
      expect(cache.get('a')).toBeUndefined();
    }
  });

  it('serves several processes that write one key at once', async () => {
    const script = `
      import { BlobCache } from ${JSON.stringify(new URL('../../../src/profiles/cache/blob-cache.ts', import.meta.url).href)};
      const cache = new BlobCache(${JSON.stringify(directory)});
      const letter = process.argv[1];
      for (let round = 0; round < 100; round++) {
        cache.put('shared', Buffer.alloc(50_000, letter));
        const blob = cache.get('shared');
        if (blob === undefined || !blob.every((byte) => byte === blob[0])) process.exit(3);
      }
    `;
    const writers = ['x', 'y', 'z'].map((letter) =>
      spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, letter], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    expect(files().filter((name) => name.endsWith('.partial'))).toEqual([]);
  });
});

describe('cacheDirectory', () => {
  it('is what MEMLAPSE_CACHE says, or lies in the cache of the user', () => {
    expect(cacheDirectory({ MEMLAPSE_CACHE: '/somewhere' })).toBe('/somewhere');
    expect(cacheDirectory({ MEMLAPSE_CACHE: '' })).toBeUndefined();
    if (process.platform === 'linux') {
      expect(cacheDirectory({ XDG_CACHE_HOME: '/xdg' })).toBe('/xdg/memlapse');
      expect(cacheDirectory({})).toMatch(/\/\.cache\/memlapse$/);
    }
  });
});
