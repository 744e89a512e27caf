/** `addresses`: IPv4 and IPv6 addresses of the interfaces of every namespace. */
import { column } from '../../core/columns.js';
import { netDevices } from '../../objects/linux/network/devices.js';
import { interfaceAddresses } from '../../objects/linux/network/interface-addresses.js';
import { namespaceInode, netNamespaces } from '../../objects/linux/sockets/net-namespaces.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'addresses',
  scope: 'linux',
  summary: 'List the addresses of network interfaces',
  aliases: ['linux.ip.Addr'],
  examples: ['linux addresses -f memory.raw'],
  columns: {
    interface: column.text('Name of the interface'),
    index: column.integer('Its index', { quiet: true }),
    family: column.text('inet or inet6'),
    address: column.text('Address'),
    prefixLength: column.integer('Bits of the network part'),
    peer: column.text('Address of the other end of a point-to-point link'),
    broadcast: column.text('Broadcast address'),
    scope: column.text('global, site, link, host or nowhere'),
    flags: column.list('permanent, tentative, deprecated, …'),
    label: column.text('IPv4 alias', { quiet: true }),
    namespace: column.integer('Inode number of the network namespace'),
    offset: column.address('Address of the in_ifaddr or inet6_ifaddr', { quiet: true }),
  },
  *rows(kernel) {
    for (const net of netNamespaces(kernel)) {
      const namespace = namespaceInode(net);
      for (const device of netDevices(kernel, net)) {
        const owner = { interface: device.text('name'), index: device.num('ifindex'), namespace };
        for (const address of interfaceAddresses(kernel, device)) yield { ...owner, ...address };
      }
    }
  },
});
