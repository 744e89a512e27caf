/** `timeline`: every moment that any plugin knows, in order. What happened between two snapshots is not seen here. */
import { column, type Row } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import type { Image } from '../image.js';
import { definePlugin, option, type Plugin } from '../plugin.js';
import { loadAllPlugins } from '../registry.js';
import { canAnswer, runPlugin } from '../run-plugin.js';

const columns = {
  time: column.time('When it happened'),
  event: column.text('What happened'),
  source: column.text('Plugin that knows of it'),
  description: column.text('What it happened to'),
};

export default definePlugin({
  name: 'timeline',
  scope: 'image',
  common: true,
  summary: 'Show all moments that the image knows of, in order',
  description:
    'Runs every plugin whose rows have times and sorts their moments. `-r bodyfile` is for mactime, `-r timesketch` for Timesketch. A plugin that cannot run on this image is left out with a remark.',
  aliases: ['timeliner.Timeliner'],
  examples: [
    'timeline -f memory.raw',
    'timeline -f memory.raw -r bodyfile',
    'timeline -f memory.raw --sources pslist,kmsg',
  ],
  options: { sources: option.texts('Only these plugins') },
  columns,
  timeline: { events: { time: '' }, describe: (row) => `${row.event}: ${row.description}` },
  async *rows(image, options, io) {
    const plugins = (await loadAllPlugins()).filter(
      (plugin) =>
        plugin.timeline !== undefined &&
        plugin.name !== 'timeline' &&
        canAnswer(plugin, image) &&
        (options.sources === undefined || options.sources.includes(plugin.name)),
    );
    const moments: (Row<typeof columns> & { readonly time: bigint })[] = [];
    for (const [index, plugin] of plugins.entries()) {
      io.progress(index, plugins.length, 'timeline');
      try {
        for await (const moment of momentsOf(plugin, image)) moments.push(moment);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        io.note(`${plugin.name}: ${error.message}`);
      }
    }
    yield* moments.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  },
});

async function* momentsOf(plugin: Plugin, image: Image) {
  const { timeline } = plugin;
  if (timeline === undefined) return;
  for await (const { row } of runPlugin(plugin, image)) {
    for (const [name, event] of Object.entries(timeline.events)) {
      const time = row[name];
      if (typeof time === 'bigint') yield { time, event, source: plugin.name, description: timeline.describe(row) };
    }
  }
}
