/** `routes`: the IPv4 routing tables of all namespaces. IPv6 routes are not read. */
import { column } from '../../core/columns.js';
import { ipv4Routes } from '../../objects/linux/network/ipv4-routes.js';
import { namespaceInode, netNamespaces } from '../../objects/linux/sockets/net-namespaces.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'routes',
  scope: 'linux',
  summary: 'List IPv4 routes of all tables and namespaces',
  description: 'What `ip route show table all` prints: table 254 is main, 255 local. IPv6 routes are not read.',
  examples: ['linux routes -f memory.raw', 'linux routes -f memory.raw --filter table=254'],
  columns: {
    destination: column.text('Network or host'),
    prefixLength: column.integer('Bits of the network part'),
    gateway: column.text('Next hop'),
    interface: column.text('Interface that packets leave by'),
    type: column.text('unicast, local, broadcast, blackhole, …'),
    priority: column.integer('Metric'),
    preferredSource: column.text('Source address of own packets'),
    table: column.integer('Routing table'),
    namespace: column.integer('Inode number of the network namespace'),
    offset: column.address('Address of the fib_alias', { quiet: true }),
  },
  diff: {
    kind: 'route',
    group: 'network',
    identity: ['offset', 'namespace', 'table', 'destination', 'prefixLength'],
    describe: (row) => `${row.destination}/${row.prefixLength} by ${row.interface}`,
  },
  *rows(kernel) {
    for (const net of netNamespaces(kernel)) {
      const namespace = namespaceInode(net);
      for (const { device, ...route } of ipv4Routes(kernel, net)) {
        yield { ...route, interface: device?.text('name'), namespace };
      }
    }
  },
});
