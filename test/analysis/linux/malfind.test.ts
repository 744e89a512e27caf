import { expect, it } from 'vitest';
import malfind from '../../../src/analysis/linux/malfind.js';
import { onEveryImage } from '../on-every-image.js';
import { userTruth } from './standing.js';

onEveryImage('malfind', (opened) => {
  it('finds what the guest prepared and nothing else, and says why', async () => {
    const truth = userTruth(opened().truth);
    const maps = truth.find(({ cmdline }) => cmdline[1] === 'maps')!;
    const memfd = truth.find(({ cmdline }) => cmdline[1] === 'memfdexe')!;
    const area = (process: typeof maps, protection: string) => {
      const found = process.maps!.find((each) => each.protection === protection && each.path !== '[vdso]')!;
      return { pid: process.pid, start: found.start, end: found.end, protection };
    };
    const rows = await opened().rows(malfind);
    const key = ({ start }: { start?: bigint | number | undefined }) => Number(start);
    expect(
      rows
        .map(({ pid, start, end, protection, reasons, resident }) => ({
          pid,
          start,
          end,
          protection,
          reasons,
          resident,
        }))
        .sort((a, b) => Number(a.pid) - Number(b.pid) || key(a) - key(b)),
    ).toEqual(
      [
        {
          ...area(maps, 'rwxp'),
          reasons: ['executable without a file', 'writable and executable'],
          resident: 8192,
        },
        {
          ...area(maps, 'r-xp'),
          reasons: ['executable without a file', 'written, then made executable'],
          resident: 4096,
          // The program's own code comes first in maps.
          ...anonymous(maps.maps!),
        },
        {
          ...area(memfd, 'r-xp'),
          reasons: ['executable memfd, a file without a name'],
          resident: memfd.smaps!.find(({ protection }) => protection === 'r-xp')!.kibibytes.get('Rss')! * 1024,
        },
      ].sort((a, b) => a.pid - b.pid || key(a) - key(b)),
    );
  });

  it('shows the first bytes of each', async () => {
    const rows = await opened().rows(malfind);
    const rwx = rows.find(({ protection }) => protection === 'rwxp');
    expect(rwx?.bytes).toBe(Array.from({ length: 16 }, () => '90').join(' '));
    expect(rwx?.hexdump).toHaveLength(4);
    const flipped = rows.find(({ reasons }) => reasons?.includes('written, then made executable'));
    expect(flipped?.hexdump?.[0]).toMatch(/\|MARKER-WX-FLIPPE\|$/);
  });
});

function anonymous(areas: readonly { start: bigint; end: bigint; protection: string; path: string }[]) {
  const { start, end } = areas.find(({ protection, path }) => protection === 'r-xp' && path === '')!;
  return { start, end };
}
