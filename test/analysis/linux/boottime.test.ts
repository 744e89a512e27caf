import { expect, it } from 'vitest';
import boottime from '../../../src/analysis/linux/boottime.js';
import { onEveryImage } from '../on-every-image.js';

const NS_PER_SECOND = 1_000_000_000n;

onEveryImage('boottime', (opened) => {
  it('gives btime of /proc/stat and an uptime that fits', async () => {
    const [row] = await opened().rows(boottime);
    const stat = opened().truth.sections.get('stat') ?? [];
    const btime = stat.find((line) => line.startsWith('btime '))?.split(' ')[1];
    expect(String((row?.bootTime ?? 0n) / NS_PER_SECOND)).toBe(btime);
    // The guest printed /proc/uptime before it stopped; nothing after that takes a minute.
    const later = Number(row?.uptime ?? 0n) / 1e9 - opened().truth.uptime;
    expect(later).toBeGreaterThan(0);
    expect(later).toBeLessThan(60);
  });
});
