import { expect, it } from 'vitest';
import dump from '../../../src/analysis/linux/dump.js';
import { UserError } from '../../../src/core/errors.js';
import { onEveryImage } from '../on-every-image.js';
import { userTruth } from './standing.js';

onEveryImage('dump', (opened) => {
  it('writes every area of a process', async () => {
    const { truth } = opened();
    const process = userTruth(truth).find(({ cmdline }) => cmdline[1] === 'maps')!;
    const names: string[] = [];
    const extract = (name: string, chunks: Iterable<unknown>) => {
      for (const _ of chunks);
      names.push(name);
      return `out/${name}`;
    };
    const rows = await opened().rows(dump, { pid: [process.pid] }, { extract });
    expect(rows.map(({ start, end, path }) => ({ start, end, path }))).toEqual(
      process.maps!.map(({ start, end, path }) => ({ start, end, path })),
    );
    expect(rows.map(({ file }) => file)).toEqual(names.map((name) => `out/${name}`));
    expect(new Set(names).size).toBe(names.length);
    // What the process has in memory is written at least; of files, what the kernel has in its cache too.
    for (const [index, { size }] of rows.entries()) {
      const { path, kibibytes } = process.smaps![index]!;
      // The kernel's own pages are no part of Rss in the vvar; those of the vDSO are.
      if (path !== '[vvar]') expect(Number(size)).toBeGreaterThanOrEqual(kibibytes.get('Rss')! * 1024);
      if (path === '/bin/zoo') expect(Number(size)).toBe(kibibytes.get('Size')! * 1024);
    }
  });

  it('writes --length bytes from --address', async () => {
    const process = userTruth(opened().truth).find(({ cmdline }) => cmdline[1] === 'maps')!;
    const heap = process.maps!.find(({ protection }) => protection === 'rwxp')!;
    let written = Buffer.alloc(0);
    const extract = (name: string, chunks: Iterable<{ offset: number; bytes: Uint8Array }>) => {
      for (const { bytes } of chunks) written = Buffer.concat([written, bytes]);
      return name;
    };
    // Memory holds 64 NOPs and then a marker (guest/zoo.c, m_maps).
    const options = { pid: [process.pid], address: heap.start + 60n, length: 28 };
    const [row] = await opened().rows(dump, options, { extract });
    expect(row).toMatchObject({ start: heap.start + 60n, end: heap.start + 88n, size: 28 });
    expect(written.toString('latin1')).toBe('\x90\x90\x90\x90\x31\xc0\x40\xcd\x80MARKER-RWX-INJECTED');
  });

  it('writes kernel memory without --pid', async () => {
    const { kernel, truth } = opened();
    const address = kernel.requireAddress('linux_banner');
    let text = '';
    const extract = (name: string, chunks: Iterable<{ bytes: Uint8Array }>) => {
      for (const { bytes } of chunks) text += Buffer.from(bytes).toString('latin1');
      return name;
    };
    await opened().rows(dump, { address, length: truth.version.length }, { extract });
    expect(text).toBe(truth.version);
  });

  it('asks what to write', async () => {
    await expect(opened().rows(dump)).rejects.toThrow(UserError);
  });
});
