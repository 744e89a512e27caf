import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import mbrscan from '../../../src/analysis/common/mbrscan.js';
import { Image } from '../../../src/analysis/image.js';
import { masterBootRecord } from '../../../src/formats/mbr/layout.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { wholeRows } from '../test-kernels.js';

const CODE = Buffer.alloc(440, 0x90);
const ENTRY = { status: 0, type: 0, first: 0, count: 0 };

function sector(partitions: readonly Partial<typeof ENTRY>[]): Uint8Array {
  const all = Array.from({ length: 4 }, (_, index) => ({ ...ENTRY, ...partitions[index] }));
  return masterBootRecord.encode({ code: CODE, diskSignature: 0xcafe_1234, partitions: all, magic: 0xaa55 });
}

describe('master boot records', () => {
  it('are found with their partitions, and nothing that only ends like one', async () => {
    const memory = Buffer.alloc(4 * 2 ** 20);
    memory.set(
      sector([
        { status: 0x80, type: 7, first: 2048, count: 1000 },
        { type: 131, first: 4096, count: 99 },
      ]),
      0x10_0200,
    );
    // Overlapping ranges, a state that does not exist, rubbish in an entry that is not used.
    memory.set(
      sector([
        { type: 7, first: 2048, count: 1000 },
        { type: 7, first: 2050, count: 5 },
      ]),
      0x20_0000,
    );
    memory.set(sector([{ status: 0x41, type: 7, first: 2048, count: 1000 }]), 0x20_0200);
    memory.set(sector([{ type: 7, first: 2048, count: 1000 }, { first: 77 }]), 0x20_0400);
    memory.set(sector([]), 0x20_0600);
    const image = new Image('memory', new BufferMemory(memory), { cache: false });
    const bootCode = createHash('sha256').update(CODE).digest('hex');
    const common = { physical: 0x10_0200, disk: 0xcafe_1234, bootCode };
    expect(await wholeRows(image, mbrscan)).toEqual([
      { ...common, partition: 1, active: true, type: 'NTFS or exFAT', first: 2048, sectors: 1000 },
      { ...common, partition: 2, active: false, type: 'Linux', first: 4096, sectors: 99 },
    ]);
  });
});
