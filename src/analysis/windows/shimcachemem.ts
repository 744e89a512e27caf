/** `shimcachemem`: the files that the application compatibility cache remembers, as it is in memory. */
import { column } from '../../core/columns.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { sharedShimCache } from '../../objects/windows/shim-cache/shared-shim-cache.js';
import { findShimCache, shimCacheEntries } from '../../objects/windows/shim-cache/shim-cache.js';
import type { ShimCacheEntry } from '../../objects/windows/shim-cache/shim-cache-entry.js';
import { type ShimCacheLayout, shimCacheLayout } from '../../objects/windows/shim-cache/shim-cache-layouts.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin, type PluginIo } from '../plugin.js';

export default definePlugin({
  name: 'shimcachemem',
  scope: 'windows',
  summary: 'List the files that the application compatibility cache remembers',
  description:
    'Programs that were started or looked at, the one last used first, with what the registry gets only at shutdown. The cache is ' +
    'recognized by its table in the data of the kernel or of ahcache.sys; in XP programs share it. Since Vista the cache says ' +
    'whether a process was made of the file.',
  aliases: ['windows.shimcachemem.ShimcacheMem'],
  examples: ['windows shimcachemem -f memory.raw --filter executed=true'],
  columns: {
    order: column.integer('Place in the list; 0 was used last'),
    modified: column.time('When the file was last written to'),
    updated: column.time('When the entry was last written to (XP)'),
    executed: column.boolean('A process was made of it'),
    size: column.size('Of the file (before Vista)'),
    path: column.text('Its path'),
    offset: column.address('Address of the entry', { quiet: true }),
  },
  timeline: {
    events: { modified: 'file in the compatibility cache written', updated: 'file in the compatibility cache used' },
    describe: ({ path }) => String(path),
  },
  *rows(kernel, _options, io) {
    let order = 0;
    for (const { path, modified, updated, executed, size, offset } of entries(kernel, io)) {
      yield {
        order: order++,
        modified: unixTime(modified),
        updated: unixTime(updated),
        executed,
        size: size === undefined || size < 0 ? undefined : size,
        path,
        offset,
      };
    }
  },
});

function entries(kernel: WindowsKernel, io: PluginIo): Iterable<ShimCacheEntry> {
  const layout = shimCacheLayout(kernel.profile.pointerSize, kernel.buildNumber);
  const found = layout === undefined ? sharedShimCache(kernel) : inKernel(kernel, layout);
  if (found === undefined) {
    io.note('no compatibility cache was found: its table may be paged out, or be kept otherwise in this build');
  }
  return found ?? [];
}

function inKernel(kernel: WindowsKernel, layout: ShimCacheLayout): Iterable<ShimCacheEntry> | undefined {
  const head = findShimCache(kernel, layout);
  return head === undefined ? undefined : shimCacheEntries(kernel, head, layout);
}
