/** `unloadedmodules`: the drivers that were unloaded last, as the memory manager remembers them. */

import { column } from '../../core/columns.js';
import { readPointer } from '../../objects/struct-view.js';
import { unixTime } from '../../objects/windows/times.js';
import { stringText } from '../../objects/windows/unicode-string.js';
import { definePlugin } from '../plugin.js';

/** MI_UNLOADED_DRIVERS in all versions. */
const ENTRIES = 50;
const MAX_NAME = 1024;

export default definePlugin({
  name: 'unloadedmodules',
  scope: 'windows',
  summary: 'List the drivers that were unloaded last',
  description:
    'From the table of the 50 last ones (MmUnloadedDrivers), with their former place and the time. ReactOS keeps none, and ' +
    'the table is found by its symbol only.',
  aliases: ['windows.unloadedmodules.UnloadedModules'],
  examples: ['windows unloadedmodules -f memory.raw'],
  columns: {
    name: column.text('Name of the file'),
    start: column.address('First address that it had'),
    end: column.address('First address behind it'),
    time: column.time('When it was unloaded'),
    offset: column.address('Address of the entry', { quiet: true }),
  },
  timeline: { events: { time: 'driver unloaded' }, describe: (row) => `${row.name}` },
  *rows(kernel) {
    kernel.requireAddress('MmUnloadedDrivers');
    const table = kernel.globalPointer('MmUnloadedDrivers');
    if (table === undefined || table === 0n) return;
    // _UNLOADED_DRIVERS: a UNICODE_STRING, two addresses, a time. Public symbols do not have it in most builds.
    const word = BigInt(kernel.profile.pointerSize);
    for (let index = 0n; index < ENTRIES; index++) {
      const offset = table + index * (4n * word + 8n);
      const string = kernel.struct('_UNICODE_STRING', offset);
      const [start, end] = [2n, 3n].map((place) => readPointer(kernel, offset + place * word));
      if (start === undefined) return;
      if (start === 0n) continue;
      const time = kernel.struct('_LARGE_INTEGER', offset + 4n * word).big('QuadPart');
      yield { name: stringText(string, kernel, MAX_NAME), start, end, time: unixTime(time), offset };
    }
  },
  fromDump: ({ triage }) => triage && { rows: triage.unloadedDrivers },
});
