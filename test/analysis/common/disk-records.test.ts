import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import mbrscan from '../../../src/analysis/common/mbrscan.js';
import { Image } from '../../../src/analysis/image.js';
import { masterBootRecord } from '../../../src/formats/mbr/layout.js';
import { scanChunks } from '../../../src/memory/scan-chunks.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { wholeRows } from '../test-kernels.js';
import { onReactOS } from '../windows/on-reactos.js';

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

onReactOS('master boot records of a guest that was started from a disk', (opened) => {
  it('are none, since none is left in its memory at any address', async () => {
    const { image, rows } = opened();
    let marks = 0;
    for (const { bytes } of scanChunks(image.memory, { overlap: 511 })) {
      const sectors = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = sectors.indexOf('55aa', 510, 'hex'); at !== -1; at = sectors.indexOf('55aa', at + 1, 'hex')) {
        marks++;
        const entries = [0, 1, 2, 3].map((index) => sectors.subarray(at - 64 + index * 16, at - 48 + index * 16));
        const used = entries.filter((entry) => entry[4] !== 0);
        // Type, first sector and length of what is used; states; and nothing in what is not used.
        const isTable =
          used.length > 0 &&
          entries.every((entry) => entry[0] === 0 || entry[0] === 0x80) &&
          used.every((entry) => entry.readUInt32LE(8) !== 0 && entry.readUInt32LE(12) !== 0) &&
          entries.every((entry) => entry[4] !== 0 || entry.readUInt32LE(12) === 0);
        expect(isTable, `${at}`).toBe(false);
      }
    }
    expect(marks).toBeGreaterThan(100);
    expect(await rows(mbrscan)).toEqual([]);
  });
});
