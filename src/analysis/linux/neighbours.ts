/** `neighbours`: the ARP and neighbour discovery tables of all namespaces. */
import { column } from '../../core/columns.js';
import { neighbours } from '../../objects/linux/network/neighbours.js';
import { namespaceInode } from '../../objects/linux/sockets/net-namespaces.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'neighbours',
  scope: 'linux',
  summary: 'List the ARP and neighbour discovery tables',
  description:
    'Who the guest talked to on its links. Entries in the state noarp are the kernel its own (multicast, loopback); ' +
    '/proc/net/arp and ip neigh leave them out.',
  examples: ['linux neighbours -f memory.raw'],
  columns: {
    address: column.text('IP address'),
    hardwareAddress: column.text('Hardware address'),
    interface: column.text('Interface'),
    state: column.text('reachable, stale, permanent, noarp, …'),
    family: column.text('inet or inet6'),
    namespace: column.integer('Inode number of the network namespace'),
    offset: column.address('Address of the struct neighbour', { quiet: true }),
  },
  diff: {
    kind: 'neighbour',
    group: 'network',
    identity: ['namespace', 'interface', 'address'],
    ignore: ['state', 'offset'],
    describe: (row) => `${row.address} on ${row.interface}`,
  },
  *rows(kernel) {
    for (const { device, ...entry } of neighbours(kernel)) {
      const net = device?.has('nd_net.net') ? device.follow('nd_net.net') : undefined;
      yield { ...entry, interface: device?.text('name'), namespace: net && namespaceInode(net) };
    }
  },
});
