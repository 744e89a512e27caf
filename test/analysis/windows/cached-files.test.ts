/** Files of ReactOS from memory: the same bytes by two ways, through the cache's views and through the pages of programs. */
import { expect, it } from 'vitest';
import dumpfiles from '../../../src/analysis/windows/dumpfiles.js';
import { u16, u32 } from '../../../src/core/bytes.js';
import { cachedParts, type FileCache, fileCache } from '../../../src/objects/windows/file-contents.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { onReactOS } from './on-reactos.js';

const SECTION_HEADER = 40;
const WRITABLE = 0x8000_0000;

/** The pages of a file in one cache, by their offset. */
function pagesOf(kernel: WindowsKernel, file: bigint, cache: FileCache): Map<number, Buffer> {
  const at = fileCache(kernel.struct('_FILE_OBJECT', file), cache);
  if (at === undefined) return new Map();
  return new Map([...cachedParts(kernel, at, cache)].map(({ offset, bytes }) => [offset, Buffer.from(bytes)]));
}

/** Ranges of a program's file that processes may write to in memory. */
function writableRanges(head: Buffer): readonly (readonly [start: number, end: number])[] {
  const pe = u32(head, 0x3c);
  const sections = pe + 24 + u16(head, pe + 20);
  return Array.from({ length: u16(head, pe + 6) }, (_, index) => {
    const at = sections + index * SECTION_HEADER;
    const start = u32(head, at + 20);
    return { start, end: start + u32(head, at + 16), flags: u32(head, at + 36) };
  })
    .filter(({ flags }) => (flags & WRITABLE) !== 0)
    .map(({ start, end }) => [start, end]);
}

onReactOS('files in memory', (opened) => {
  it('hold the same bytes in the cache and in the pages of programs', async () => {
    const { kernel, rows } = opened();
    const files = (await rows(dumpfiles)).filter(({ cache }) => cache === 'image');
    expect(files.length).toBeGreaterThan(50);
    let compared = 0;
    for (const { offset, name } of files) {
      const cached = pagesOf(kernel, offset as bigint, 'cache');
      const head = cached.get(0);
      if (head === undefined) continue;
      expect(head.toString('latin1', 0, 2), name).toBe('MZ');
      const writable = writableRanges(head);
      for (const [at, page] of pagesOf(kernel, offset as bigint, 'image')) {
        if (writable.some(([start, end]) => at < end && at + page.length > start)) continue;
        // Sections begin at any sector, the cache's pages at multiples of their size.
        for (const [start, other] of cached) {
          const [from, to] = [Math.max(at, start), Math.min(at + page.length, start + other.length)];
          if (from >= to) continue;
          const same = page.subarray(from - at, to - at).equals(other.subarray(from - start, to - start));
          expect(same, `${name} ${from}`).toBe(true);
          compared += to - from;
        }
      }
    }
    expect(compared).toBeGreaterThan(1_000_000);
  });

  it('begin as their formats do: hives, fonts, and the allocation table of the volume', async () => {
    const { kernel, rows } = opened();
    const heads = new Map<string, Buffer>();
    for (const { name, cache, offset, size } of await rows(dumpfiles)) {
      const first = pagesOf(kernel, offset as bigint, cache as FileCache).get(0);
      if (first !== undefined) heads.set(`${name}`.toLowerCase() + (name?.includes('.') ? '' : ` ${size}`), first);
    }
    const hives = [...heads].filter(([name]) => /config\\(sam|system|software|security|default) \d+$/.test(name));
    expect(hives.length).toBeGreaterThan(0);
    for (const [name, head] of hives) expect(head.toString('latin1', 0, 4), name).toBe('regf');
    const fonts = [...heads].filter(([name]) => name.endsWith('.ttf'));
    expect(fonts.length).toBeGreaterThan(5);
    for (const [name, head] of fonts) expect(head.readUInt32BE(0), name).toBe(0x0001_0000);
    // The largest stream of the volume itself is FAT32's table: medium 0xf8, and all bits of the first entry set.
    const table = heads.get('\\device\\harddisk0\\partition1 783872');
    expect(table?.readUInt32LE(0)).toBe(0x0fff_fff8);
  });

  it('are no larger in memory than they are', async () => {
    for (const { name, cache, size, present } of await opened().rows(dumpfiles)) {
      if (cache === 'cache') expect(present, name).toBeLessThanOrEqual(Number(size));
    }
  });
});
