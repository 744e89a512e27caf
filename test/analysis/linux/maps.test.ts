import { expect, it } from 'vitest';
import maps from '../../../src/analysis/linux/maps.js';
import smaps from '../../../src/analysis/linux/smaps.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth, userTruth } from './standing.js';

onEveryImage('maps', (opened) => {
  it('lists every area of every process as /proc/PID/maps does, in its order', async () => {
    const rows = byNumber(await opened().rows(maps), 'pid');
    const found = userTruth(opened().truth).map(({ pid }) => ({
      pid,
      areas: (rows.get(pid) ?? []).map(({ start, end, protection, offset, device, inode, path }) => ({
        start,
        end,
        protection,
        offset,
        device,
        inode: Number(inode),
        path,
      })),
    }));
    expect(found).toEqual(userTruth(opened().truth).map(({ pid, maps }) => ({ pid, areas: maps })));
  });

  it('has areas of no other process than those with user memory', async () => {
    const rows = byNumber(await opened().rows(maps), 'pid');
    const standing = new Set(standingTruth(opened().truth).map(({ pid }) => pid));
    const others = [...rows.keys()].filter((pid) => !userTruth(opened().truth).some((process) => process.pid === pid));
    // The `sleep` that init waits in when the guest is stopped: younger than the listing.
    expect(others.filter((pid) => standing.has(pid))).toEqual([]);
    expect(others).toHaveLength(1);
  });

  it('gives only the area at --address', async () => {
    const [process] = userTruth(opened().truth).filter(({ cmdline }) => cmdline[1] === 'maps');
    const area = process!.maps!.find(({ protection }) => protection === 'rwxp')!;
    const rows = await opened().rows(maps, { pid: [process!.pid], address: area.start + 4096n });
    expect(rows.map(({ start, end }) => ({ start, end }))).toEqual([{ start: area.start, end: area.end }]);
  });

  it('extracts with --dump what the program wrote', async () => {
    const process = userTruth(opened().truth).find(({ cmdline }) => cmdline[1] === 'maps')!;
    const files = new Map<string, Uint8Array>();
    const extract = (name: string, chunks: Iterable<{ offset: number; bytes: Uint8Array }>) => {
      for (const { offset, bytes } of chunks) files.set(`${name}@${offset}`, bytes.slice());
      return name;
    };
    const rows = await opened().rows(maps, { pid: [process.pid], dump: true }, { extract });
    expect(rows.every(({ file }) => file !== undefined)).toBe(true);
    const text = (start: bigint, offset: number) => {
      const row = rows.find((each) => each.start === start)!;
      const bytes = files.get(`${row.file}@${offset}`);
      return bytes && Buffer.from(bytes).toString('latin1');
    };
    const rwx = process.maps!.find(({ protection }) => protection === 'rwxp')!;
    expect(text(rwx.start, 0)).toContain('MARKER-RWX-INJECTED');
    expect(text(rwx.start, 4096)).toBe('\xcc'.repeat(4096));
    // Pages 2 and 3 were never touched.
    expect(text(rwx.start, 8192)).toBeUndefined();
    const shared = process.maps!.find(({ path, protection }) => path === '/tmp/mapped.dat' && protection === 'rw-s')!;
    // Written to the file and never read through this mapping: it comes from the page cache.
    expect(text(shared.start, 0)).toMatch(/^MARKER-MAPPED-FILE\n/);
    expect(text(shared.start, 8192)).toMatch(/^MARKER-SHARED-WRITE\0/);
  });
});

onEveryImage('smaps', (opened) => {
  it('counts resident and swapped bytes of every area as /proc/PID/smaps does', async () => {
    const rows = byNumber(await opened().rows(smaps), 'pid');
    const truth = userTruth(opened().truth).filter(({ pid }) => pid !== 1);
    const found = truth.map(({ pid }) => ({
      pid,
      areas: (rows.get(pid) ?? []).map(({ start, size, resident, swapped }) => [
        start,
        Number(size),
        resident,
        swapped,
      ]),
    }));
    const expected = truth.map(({ pid, smaps }) => ({
      pid,
      areas: smaps!.map(({ start, kibibytes }) => [
        start,
        kibibytes.get('Size')! * 1024,
        kibibytes.get('Rss')! * 1024,
        kibibytes.get('Swap')! * 1024,
      ]),
    }));
    expect(found).toEqual(expected);
  });
});
