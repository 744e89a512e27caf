import { describe, expect, it } from 'vitest';
import { xarrayEntries } from '../../../src/objects/linux/xarray.js';
import { SyntheticMemory } from '../synthetic-memory.js';

const ROOT = 0xffff_8880_0000_0100n;
const NODE = 0xffff_8880_0001_0000n;
const CHILD = 0xffff_8880_0002_0000n;

const XARRAY = {
  xarray: { size: 16, fields: { xa_head: [8, 'pointer'] } },
  xa_node: { size: 576, fields: { shift: [0, 'u8'], slots: [40, 'pointer', 64] } },
} as const;

const slot = (node: bigint, index: number) => node + 40n + BigInt(index * 8);

describe('xarrayEntries', () => {
  it('reads the single entry of an array without nodes', () => {
    const memory = new SyntheticMemory(XARRAY);
    memory.put(ROOT + 8n, 0xffff_8880_0000_4000n);
    expect([...xarrayEntries(memory, ROOT)]).toEqual([{ index: 0n, span: 1n, entry: 0xffff_8880_0000_4000n }]);
  });

  it('descends, counts siblings, and hands out values', () => {
    const memory = new SyntheticMemory(XARRAY);
    memory.put(ROOT + 8n, NODE | 2n);
    memory.put(NODE, 6n, 1);
    // A leaf below slot 0: a folio of four pages at index 4 (its siblings name slot 4), a shadow entry at 9.
    memory.put(slot(NODE, 0), CHILD | 2n);
    memory.put(CHILD, 0n, 1);
    memory.put(slot(CHILD, 4), 0xffff_8880_0000_4000n);
    for (const sibling of [5, 6, 7]) memory.put(slot(CHILD, sibling), (4n << 2n) | 2n);
    memory.put(slot(CHILD, 9), 0x33n);
    // A folio of 128 pages stands in the upper node itself: two slots of 64.
    memory.put(slot(NODE, 2), 0xffff_8880_0000_8000n);
    memory.put(slot(NODE, 3), (2n << 2n) | 2n);
    expect([...xarrayEntries(memory, ROOT)]).toEqual([
      { index: 4n, span: 4n, entry: 0xffff_8880_0000_4000n },
      { index: 9n, span: 1n, entry: 0x33n },
      { index: 128n, span: 128n, entry: 0xffff_8880_0000_8000n },
    ]);
    expect(memory.faults.count).toBe(0);
  });

  it('reads the radix trees of kernels before 4.20', () => {
    const memory = new SyntheticMemory({
      radix_tree_root: { size: 16, fields: { rnode: [8, 'pointer'] } },
      radix_tree_node: { size: 576, fields: { shift: [0, 'u8'], slots: [40, 'pointer', 64] } },
    });
    memory.put(ROOT + 8n, NODE | 1n);
    memory.put(NODE, 0n, 1);
    memory.put(slot(NODE, 3), 0xffff_8880_0000_4000n);
    expect([...xarrayEntries(memory, ROOT)]).toEqual([{ index: 3n, span: 1n, entry: 0xffff_8880_0000_4000n }]);
  });

  it('ends on a node that contains itself', () => {
    const memory = new SyntheticMemory(XARRAY);
    memory.put(ROOT + 8n, NODE | 2n);
    memory.put(NODE, 6n, 1);
    memory.put(slot(NODE, 1), NODE | 2n);
    expect([...xarrayEntries(memory, ROOT)]).toEqual([]);
    expect(memory.faults.count).toBe(1);
  });
});
