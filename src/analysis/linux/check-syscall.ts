/** `check-syscall`: the handlers in the system-call tables, and those that do not lead into the kernel. */
import { column } from '../../core/columns.js';
import { inlineHook } from '../../objects/linux/inline-hook.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { syscallName, syscallTables } from '../../objects/linux/syscall-tables.js';
import { ProfileGap } from '../../profiles/profile-gap.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'check-syscall',
  scope: 'linux',
  summary: 'Check the system-call tables for hooks',
  description:
    'One row for each entry of each table (64-bit and 32-bit calls). An entry is suspicious when it leads to memory that is neither kernel text nor a listed module, or when its handler begins with a jump to such memory.',
  aliases: ['linux.check_syscall.Check_syscall'],
  examples: ['linux check-syscall -f memory.raw', 'linux check-syscall -f memory.raw --filter suspicious=true'],
  columns: {
    table: column.text('64-bit or 32-bit calls'),
    index: column.integer('Number of the call'),
    name: column.text('Name of the call, from its handler'),
    handler: column.address('Address in the table'),
    symbol: column.text('What is there'),
    module: column.text('Module that the handler lies in'),
    inlineHook: column.address('Where the overwritten entry of the handler jumps to'),
    suspicious: column.boolean('Leads out of the kernel'),
  },
  diff: {
    kind: 'system call',
    group: 'hooks',
    identity: ['table', 'index'],
    describe: (row) => `${row.table} ${row.index} ${row.name ?? ''}`.trimEnd(),
  },
  *rows(kernel) {
    const tables = syscallTables(kernel);
    if (tables.length === 0) throw new ProfileGap('the symbol sys_call_table', kernel.profile.release);
    for (const { abi, entries } of tables) {
      for (const [index, entry] of entries.entries()) {
        const facts = pointerFacts(kernel, entry);
        const hook = facts.suspicious ? undefined : inlineHook(kernel, entry);
        yield {
          table: abi,
          index,
          name: syscallName(facts.symbol),
          ...facts,
          inlineHook: hook,
          suspicious: facts.suspicious || hook !== undefined,
        };
      }
    }
  },
});
