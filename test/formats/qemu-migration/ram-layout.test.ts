import { describe, expect, test } from 'vitest';
import { memoryBelow4G, memorySizes } from '../../../src/formats/qemu-migration/ram-layout.js';

const GIB = 2 ** 30;

// What `info mtree` of QEMU 7.2 shows as ram-below-4g for these machines and -m sizes.
describe('memoryBelow4G', () => {
  test.each([
    ['pc-i440fx-7.2', 1, 1],
    ['pc-i440fx-7.2', 3.4, 3.4],
    ['pc-i440fx-7.2', 3.5, 3],
    ['pc-i440fx-7.2', 4, 3],
    ['pc-i440fx-7.2', 16, 3],
    ['pc-q35-7.2', 2.5, 2.5],
    ['pc-q35-7.2', 2.75, 2],
    ['pc-q35-7.2', 8, 2],
    ['microvm', 2, 2],
    ['microvm', 8, 3],
    ['', 8, 3],
  ])('%s with %d GiB has %d GiB below 4 GiB', (machine, size, below) => {
    expect(memoryBelow4G(machine, size * GIB)).toBe(below * GIB);
  });

  test('believes CMOS, where it adds up', () => {
    const cmos = Buffer.alloc(128);
    cmos.writeUInt16LE((GIB - 2 ** 24) / 65536, 0x34);
    cmos.writeUIntLE((3 * GIB) / 65536, 0x5b, 3);
    const told = memorySizes(cmos);
    expect(told).toEqual({ below: GIB, above: 3 * GIB });
    expect(memoryBelow4G('pc-i440fx-7.2', 4 * GIB, told)).toBe(GIB);
    expect(memoryBelow4G('pc-i440fx-7.2', 8 * GIB, told)).toBe(3 * GIB);
    expect(memorySizes(undefined)).toBeUndefined();
  });
});
