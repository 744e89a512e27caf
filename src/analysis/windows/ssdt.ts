/** `ssdt`: the routines behind the system calls, and whose code they are. */
import { column } from '../../core/columns.js';
import { codeAt } from '../../objects/windows/module-ranges.js';
import { systemCalls } from '../../objects/windows/system-calls.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'ssdt',
  scope: 'windows',
  summary: 'List the routines behind the system calls',
  description:
    'Every entry of the system call tables with the kernel module that its routine lies in; a routine outside of the ' +
    "kernel (table 0) or of win32k (table 1) is a hook. Without a symbol, win32k's table is found by threads that have windows, " +
    "or next to the kernel's.",
  aliases: ['windows.ssdt.SSDT'],
  examples: ['windows ssdt -f memory.raw', 'windows ssdt -f memory.raw --filter module!=ntoskrnl.exe'],
  columns: {
    table: column.integer("0: the kernel's, 1: win32k's"),
    index: column.integer('Number of the system call in its table'),
    address: column.address('Address of the routine'),
    module: column.text('Kernel module it lies in'),
    symbol: column.text('Name of the routine, where its symbol is known'),
  },
  *rows(kernel) {
    for (const { table, index, routine } of systemCalls(kernel)) {
      yield { table, index, address: routine, ...codeAt(kernel, routine) };
    }
  },
});
