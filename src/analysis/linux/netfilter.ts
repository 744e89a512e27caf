/** `netfilter`: the functions that see each packet, namespace by namespace. */
import { column } from '../../core/columns.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { packetHooks } from '../../objects/linux/netfilter.js';
import { namespaceInode, netNamespaces } from '../../objects/linux/sockets/net-namespaces.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'netfilter',
  scope: 'linux',
  summary: 'List the netfilter hooks of every network namespace',
  description:
    'Hooks in the order in which packets meet them. A suspicious one leads out of the kernel and its modules.',
  aliases: ['linux.netfilter.Netfilter'],
  examples: ['linux netfilter -f memory.raw'],
  columns: {
    namespace: column.integer('Inode number of the network namespace'),
    family: column.text('Protocol family'),
    hook: column.text('Point of the packet path'),
    priority: column.integer('Lower ones are called first'),
    handler: column.address('Function that is called'),
    symbol: column.text('What is there'),
    module: column.text('Module that it lies in'),
    suspicious: column.boolean('Leads out of the kernel'),
    offset: column.address('Address of the struct nf_hook_ops', { quiet: true }),
  },
  diff: {
    kind: 'netfilter hook',
    group: 'hooks',
    identity: ['offset', 'handler'],
    describe: (row) => `${row.family} ${row.hook} ${row.symbol ?? row.handler}`,
  },
  *rows(kernel) {
    for (const net of netNamespaces(kernel)) {
      for (const { operations, ...hook } of packetHooks(kernel, net)) {
        yield { namespace: namespaceInode(net), ...hook, ...pointerFacts(kernel, hook.handler), offset: operations };
      }
    }
  },
});
