/** `callbacks`: routines that drivers have asked the kernel to call. */
import { column } from '../../core/columns.js';
import { kernelCallbacks, unknownCallbackKinds } from '../../objects/windows/kernel-callbacks.js';
import { codeAt } from '../../objects/windows/module-ranges.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'callbacks',
  scope: 'windows',
  summary: 'List the routines that drivers have registered with the kernel',
  description:
    'Called when processes, threads and images come and go, on access to the registry and to handles, at shutdown and bug ' +
    'checks, by callback objects. Kinds whose variable has no known symbol are named in a remark. Routines in no module are ' +
    'marked.',
  aliases: ['windows.callbacks.Callbacks'],
  examples: ['windows callbacks -f memory.raw'],
  columns: {
    kind: column.text('What it is called for'),
    routine: column.address('Address of the routine'),
    module: column.text('Kernel module that it lies in'),
    symbol: column.text('Name of the routine, where its symbol is known'),
    detail: column.text('Altitude, component, driver or object that it is registered under'),
    suspicious: column.boolean('It lies in no module'),
    offset: column.address('Address of the entry'),
  },
  *rows(kernel, _options, io) {
    const unknown = unknownCallbackKinds(kernel);
    if (unknown.length > 0) io.note(`no symbol says where these are kept: ${unknown.join(', ')}`);
    for (const { routine, ...rest } of kernelCallbacks(kernel)) {
      const place = codeAt(kernel, routine);
      yield { ...rest, routine, ...place, suspicious: place.module === undefined };
    }
  },
});
