/** Neighbours are those of /proc/net/arp; the kernel's own entries follow from multicast addresses. */
import { expect, it } from 'vitest';
import neighbours from '../../../src/analysis/linux/neighbours.js';
import { onEveryImage } from '../on-every-image.js';

onEveryImage('neighbours', (opened) => {
  it('has the lines of /proc/net/arp', async () => {
    const { rows, truth } = opened();
    const lines = (truth.sections.get('net/arp') ?? []).slice(1);
    const arp = (await rows(neighbours)).filter(({ family, state }) => family === 'inet' && state !== 'noarp');
    expect(arp.map((row) => row.address)).toEqual(lines.map((line) => line.split(/\s+/)[0]));
  });

  it('maps multicast addresses to the hardware addresses of RFC 2464', async () => {
    const multicast = (await opened().rows(neighbours)).filter((row) => row.address?.startsWith('ff02::'));
    for (const row of multicast) {
      const groups = row.address!.replace('ff02::', '').split(':');
      const digits = groups
        .map((group) => group.padStart(4, '0'))
        .join('')
        .padStart(8, '0')
        .slice(-8);
      expect(row.hardwareAddress).toBe(`33:33:${digits.match(/../g)?.join(':')}`);
      expect(row.state).toBe('noarp');
    }
    expect(multicast.length).toBeGreaterThan(3);
  });
});
