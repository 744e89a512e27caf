/** `iomem`: who has which part of the physical address space, as /proc/iomem shows it. */
import { column } from '../../core/columns.js';
import { resources } from '../../objects/linux/resources.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'iomem',
  scope: 'linux',
  summary: 'Show the map of the physical address space',
  description:
    'Ranges of physical addresses with the names of their users; a range inside another has a greater depth.',
  aliases: ['linux.iomem.IOMem'],
  examples: ['linux iomem -f memory.raw'],
  columns: {
    start: column.address('First address'),
    end: column.address('Last address'),
    depth: column.integer('How many ranges it lies in'),
    name: column.text('Who uses it'),
    offset: column.address('Address of the struct resource', { quiet: true }),
  },
  *rows(kernel) {
    for (const { address, ...range } of resources(kernel, 'iomem_resource')) yield { ...range, offset: address };
  },
});
