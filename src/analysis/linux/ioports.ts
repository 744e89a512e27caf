/** `ioports`: who has which part of the I/O port space, as /proc/ioports shows it. */
import { column } from '../../core/columns.js';
import { resources } from '../../objects/linux/resources.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'ioports',
  scope: 'linux',
  summary: 'Show the map of the I/O port space',
  description: 'Ranges of ports with the names of their users; a range inside another has a greater depth.',
  examples: ['linux ioports -f memory.raw'],
  columns: {
    start: column.address('First address'),
    end: column.address('Last address'),
    depth: column.integer('How many ranges it lies in'),
    name: column.text('Who uses it'),
    offset: column.address('Address of the struct resource', { quiet: true }),
  },
  *rows(kernel) {
    for (const { address, ...range } of resources(kernel, 'ioport_resource')) yield { ...range, offset: address };
  },
});
