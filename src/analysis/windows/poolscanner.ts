/** `poolscanner`: blocks of kernel pool by their tags, whatever they hold. */
import { column } from '../../core/columns.js';
import { describeObject } from '../../objects/windows/describe-object.js';
import { objectTypes } from '../../objects/windows/object-directory.js';
import { poolBlocks, poolTag, poolTagName, scanObjects } from '../../objects/windows/pool-scan.js';
import { definePlugin, option } from '../plugin.js';

export default definePlugin({
  name: 'poolscanner',
  scope: 'windows',
  summary: 'Find objects and blocks of kernel pool by their tags',
  description:
    'Without options every object of every type, found by the tag of its block and proven by its header. With --tags all ' +
    'blocks with these tags, as their headers describe them: nothing else is known of such a block, and words that only ' +
    'look like a header are among them. Memory is read once for all tags.',
  aliases: ['windows.poolscanner.PoolScanner'],
  examples: ['windows poolscanner -f memory.raw', 'windows poolscanner -f memory.raw --tags MmLd,TcpE'],
  options: { tags: option.texts('Tags of four letters') },
  columns: {
    tag: column.text('Tag of the block'),
    type: column.text('Type of the object'),
    name: column.text('Name of the object'),
    size: column.size('Bytes of the block, its header included'),
    paged: column.boolean('It lies in paged pool'),
    offset: column.address('Address of the object, or of what is behind the header'),
  },
  *rows(kernel, options, io) {
    const progress = () => io.progress(0, 0, 'looking through pools');
    if (options.tags === undefined) {
      const types = [...objectTypes(kernel).keys()];
      for (const { type, header, body } of scanObjects(kernel, types, progress)) {
        yield { type, name: describeObject(kernel, header, type), offset: body };
      }
      return;
    }
    const wanted = new Map(options.tags.map((tag) => [poolTag(tag), tag]));
    const grain = kernel.profile.pointerSize * 2;
    for (const { tag, start } of poolBlocks(kernel, wanted, progress)) {
      const header = kernel.struct('_POOL_HEADER', start - BigInt(grain));
      const type = header.num('PoolType') ?? 0;
      const blocks = header.num('BlockSize') ?? 0;
      yield { tag: poolTagName(tag), size: blocks * grain, paged: isPaged(type, kernel.is64Bit), offset: start };
    }
  },
});

/** The type is kept with one added until 6.1 and on 32 bits, so that 0 means free; paged pool has an odd one. */
function isPaged(type: number, is64Bit: boolean): boolean | undefined {
  if (is64Bit) return (type & 1) === 1;
  return type === 0 ? undefined : ((type - 1) & 1) === 1;
}
