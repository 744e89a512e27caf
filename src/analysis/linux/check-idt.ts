/** `check-idt`: the gates of the interrupt descriptor table, and those that do not lead into the kernel. */
import { column } from '../../core/columns.js';
import { gates, idtAddress, vectorName } from '../../objects/linux/idt.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { ProfileGap } from '../../profiles/profile-gap.js';
import { definePlugin } from '../plugin.js';

/**
 * Vectors that the kernel never set up keep the handlers of its first moments, whose text is given back after boot
 * (arch/x86/kernel/head_64.S). They are what an honest kernel has there.
 */
const EARLY_HANDLERS = 'early_idt_handler_array';

export default definePlugin({
  name: 'check-idt',
  scope: 'linux',
  summary: 'Check the interrupt descriptor table for hooks',
  description:
    'One row for each present gate. Suspicious gates lead to memory that is neither kernel text nor a listed module.',
  aliases: ['linux.check_idt.Check_idt'],
  examples: ['linux check-idt -f memory.raw'],
  columns: {
    vector: column.integer('Interrupt vector'),
    name: column.text('Exception or use of the vector'),
    type: column.text('Kind of gate'),
    dpl: column.integer('Privilege level that may use it by INT'),
    ist: column.integer('Interrupt stack table entry'),
    handler: column.address('Address in the gate'),
    symbol: column.text('What is there'),
    module: column.text('Module that the handler lies in'),
    suspicious: column.boolean('Leads out of the kernel'),
  },
  diff: {
    kind: 'interrupt',
    group: 'hooks',
    identity: ['vector'],
    describe: (row) => `vector ${row.vector} ${row.name ?? ''}`.trimEnd(),
  },
  *rows(kernel) {
    const address = idtAddress(kernel);
    if (address === undefined) throw new ProfileGap('the symbol idt_table', kernel.profile.release);
    for (const gate of gates(kernel, address)) {
      const facts = pointerFacts(kernel, gate.handler);
      const unused = facts.symbol?.startsWith(EARLY_HANDLERS) ?? false;
      yield { ...gate, name: vectorName(gate.vector), ...facts, suspicious: facts.suspicious && !unused };
    }
  },
});
