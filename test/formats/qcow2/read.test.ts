import { describe, expect, test } from 'vitest';
import { guestRange } from '../builders/guest.js';
import { buildMigration } from '../builders/migration.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const first = guestRange(0, 0x80000);
const second = { start: 0, bytes: Buffer.from(first.bytes.map((byte) => byte ^ 1)) };
const stream = (bytes: Buffer) => buildMigration({ blocks: [{ name: 'pc.ram', bytes }] });
const both = [
  { name: 'before', state: stream(first.bytes) },
  { name: 'after', state: stream(second.bytes) },
  { name: 'disk only', state: Buffer.alloc(0) },
];

describe('machine state in a qcow2 image', () => {
  test.each([
    [9, 16],
    [12, 16],
    [16, 16],
    [12, 0],
  ] as const)('is found with clusters of 2^%i bytes and %i bytes of extra data', async (clusterBits, extra) => {
    const image = buildQcow2({ snapshots: both.slice(0, 1), clusterBits, extra });
    const memory = await openBytes(image);
    expect(memory.format).toBe('QEMU migration stream');
    expect(memory.notes).toEqual([]);
    expectGuest(memory, [first]);
  });

  test('is the newest one unless another is named', async () => {
    const image = buildQcow2({ snapshots: both });
    const newest = await openBytes(image);
    expect(newest.notes).toEqual(['read snapshot after; there are 1 more']);
    expectGuest(newest, [second]);
    expectGuest(await openBytes(image, { snapshot: 'before' }), [first]);
    expectGuest(await openBytes(image, { snapshot: '1' }), [first]);
    await expect(openBytes(image, { snapshot: 'never' })).rejects.toMatchObject({
      message: 'image: no snapshot never',
      hint: 'use one of before, after',
    });
  });

  test('refuses disks without one, and encrypted ones', async () => {
    await expect(openBytes(buildQcow2({ snapshots: both.slice(2) }))).rejects.toThrow(
      'a disk image without a snapshot of a running machine',
    );
    await expect(openBytes(buildQcow2({ snapshots: both, cryptMethod: 1 }))).rejects.toThrow('an encrypted disk image');
  });
});
