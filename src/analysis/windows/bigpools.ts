/** `bigpools`: allocations of kernel pool that take whole pages, from the table that the allocator keeps of them. */

import { u32 } from '../../core/bytes.js';
import { column } from '../../core/columns.js';
import { readBytes } from '../../objects/struct-view.js';
import { poolTagName } from '../../objects/windows/pool-scan.js';
import { poolTypeName } from '../../objects/windows/pool-types.js';
import { definePlugin, option } from '../plugin.js';

/** Larger than any real table: 2^24 allocations. */
const MAX_ENTRIES = 1 << 24;
const FREE = 1n;

export default definePlugin({
  name: 'bigpools',
  scope: 'windows',
  summary: 'List the allocations of kernel pool that take whole pages',
  description:
    'From PoolBigPageTable, which is found by its symbol only. Entries that are free keep what they held; --free shows them.',
  aliases: ['windows.bigpools.BigPools'],
  examples: ['windows bigpools -f memory.raw --tags CM31,MmSt'],
  options: { tags: option.texts('Only blocks with these tags'), free: option.boolean('Freed ones too') },
  columns: {
    address: column.address('Address of the block'),
    tag: column.text('Its tag'),
    type: column.text('Kind of pool'),
    size: column.size('Bytes'),
    free: column.boolean('It was freed'),
    offset: column.address('Address of the entry', { quiet: true }),
  },
  *rows(kernel, options) {
    kernel.requireAddress('PoolBigPageTable');
    const table = kernel.globalPointer('PoolBigPageTable');
    const size = readBytes(kernel, kernel.requireAddress('PoolBigPageTableSize'), 4);
    if (table === undefined || table === 0n || size === undefined) return;
    const first = kernel.struct('_POOL_TRACKER_BIG_PAGES', table);
    const count = Math.min(u32(size, 0), MAX_ENTRIES);
    for (let index = 0; index < count; index++) {
      const entry = first.sibling(index);
      const stored = entry.ptr('Va');
      // The table lies in one piece: where it ends to be readable, so do the rows.
      if (stored === undefined) return;
      const address = stored & ~FREE;
      const free = (stored & FREE) === FREE;
      if (address === 0n || (free && options.free !== true)) continue;
      const tag = poolTagName(entry.num('Key') ?? 0);
      if (options.tags !== undefined && !options.tags.includes(tag.trimEnd())) continue;
      const type = entry.has('PoolType') ? entry.num('PoolType') : undefined;
      yield {
        address,
        tag,
        type: type === undefined ? undefined : poolTypeName(type),
        size: entry.has('NumberOfBytes') ? entry.num('NumberOfBytes') : (entry.num('NumberOfPages') ?? 0) * 4096,
        free,
        offset: entry.address,
      };
    }
  },
});
