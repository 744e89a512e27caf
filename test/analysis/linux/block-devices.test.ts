/** Block devices are those of /proc/partitions, loop devices those of losetup. */
import { expect, it } from 'vitest';
import blockDevices from '../../../src/analysis/linux/block-devices.js';
import { onEveryImage } from '../on-every-image.js';

onEveryImage('block-devices', (opened) => {
  it('has the devices of /proc/partitions, and the loop devices that are not set up', async () => {
    const { rows, truth } = opened();
    const lines = (truth.sections.get('partitions') ?? []).filter((line) => /^\s*\d/.test(line));
    const expected = lines
      .map((line) => line.trim().split(/\s+/))
      .map(([major, minor, blocks, name]) => {
        return { device: `${major}:${minor}`, size: BigInt(blocks!) * 1024n, name };
      });
    const all = await rows(blockDevices);
    const set = all.filter(({ size }) => size !== 0n);
    expect(set.map(({ device, size, name }) => ({ device, size, name }))).toEqual(expected);
    expect(all.filter(({ size }) => size === 0n).every(({ name }) => /^loop\d$/.test(name ?? ''))).toBe(true);
  });

  it('knows the file system on the loop device, and the file behind it where the types are known', async () => {
    const { rows, truth, kernel } = opened();
    const loop = (await rows(blockDevices)).find(({ name }) => name === 'loop7');
    expect(loop).toMatchObject({ fsType: 'ext4', mountPoints: ['/tmp/loopmnt'], readOnly: false, cachedPages: 4 });
    const printed = /^\/dev\/loop7: (\d+) (\S+)$/.exec(truth.sections.get('losetup')?.[0] ?? '');
    const known = kernel.profile.types.struct('loop_device') !== undefined;
    expect([loop?.backingOffset, loop?.backingFile]).toEqual(
      known ? [BigInt(printed![1]!), printed![2]] : [undefined, undefined],
    );
  });
});
