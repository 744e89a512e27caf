/** `keyboard-notifiers`: who is told of each key press. */
import { column } from '../../core/columns.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { chainEntries } from '../../objects/linux/lists.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'keyboard-notifiers',
  scope: 'linux',
  summary: 'List the functions that are told of key presses',
  description:
    'The notifier chain of the keyboard driver. It is empty unless speech output, a braille display or a keylogger is loaded.',
  aliases: ['linux.keyboard_notifiers.Keyboard_notifiers'],
  examples: ['linux keyboard-notifiers -f memory.raw'],
  columns: {
    handler: column.address('Function that is called'),
    symbol: column.text('What is there'),
    module: column.text('Module that it lies in'),
    priority: column.integer('Higher ones are called first'),
    suspicious: column.boolean('Leads out of the kernel'),
  },
  diff: {
    kind: 'keyboard notifier',
    group: 'hooks',
    identity: ['handler', 'priority'],
    describe: (row) => String(row.symbol ?? row.handler),
  },
  *rows(kernel) {
    const chain = kernel.global('keyboard_notifier_list', 'atomic_notifier_head');
    for (const block of chainEntries(kernel, chain.ptr('head'), 'notifier_block', 'next')) {
      yield { ...pointerFacts(kernel, block.ptr('notifier_call') ?? 0n), priority: block.num('priority') };
    }
  },
});
