/** `interfaces`: the network interfaces of every namespace. Their addresses are `addresses`'s. */
import { column } from '../../core/columns.js';
import { deviceFlags, flagNames, netDevices, operState } from '../../objects/linux/network/devices.js';
import { namespaceInode, netNamespaces } from '../../objects/linux/sockets/net-namespaces.js';
import { hardwareText } from '../../objects/network-addresses.js';
import { readBytes } from '../../objects/struct-view.js';
import { definePlugin } from '../plugin.js';

/** MAX_ADDR_LEN (include/linux/netdevice.h). */
const MAX_HARDWARE_ADDRESS = 32;

export default definePlugin({
  name: 'interfaces',
  scope: 'linux',
  summary: 'List network interfaces of all namespaces',
  description:
    'Interfaces with flags as `ip link` prints them. `promiscuity` counts who wants every packet: a sniffer raises it ' +
    'without the PROMISC flag.',
  aliases: ['linux.ip.Link'],
  examples: ['linux interfaces -f memory.raw'],
  columns: {
    index: column.integer('Interface index'),
    name: column.text('Name'),
    kind: column.text('Kind of virtual interface: veth, bridge, vlan, …'),
    hardwareAddress: column.text('Hardware address'),
    mtu: column.size('Largest packet'),
    state: column.text('Operational state'),
    flags: column.list('Flags as ip link prints them'),
    promiscuity: column.integer('Number of requests for promiscuous mode'),
    queueing: column.text('Queueing discipline'),
    queueLength: column.integer('Length of the transmit queue', { quiet: true }),
    namespace: column.integer('Inode number of the network namespace'),
    offset: column.address('Address of the net_device', { quiet: true }),
  },
  diff: {
    kind: 'interface',
    group: 'network',
    identity: ['namespace', 'index', 'offset'],
    describe: (row) => String(row.name),
  },
  *rows(kernel) {
    for (const net of netNamespaces(kernel)) {
      for (const device of netDevices(kernel, net)) {
        const length = device.num('addr_len');
        const address = device.ptr('dev_addr');
        const flags = deviceFlags(device);
        const bytes =
          length === undefined || address === undefined || address === 0n
            ? undefined
            : readBytes(kernel, address, Math.min(length, MAX_HARDWARE_ADDRESS));
        yield {
          index: device.num('ifindex'),
          name: device.text('name'),
          kind: device.follow('rtnl_link_ops')?.textAt('kind'),
          hardwareAddress: bytes && hardwareText(bytes),
          mtu: device.num('mtu'),
          state: operState(device),
          flags: flags === undefined ? undefined : flagNames(flags),
          promiscuity: device.num('promiscuity'),
          queueing: device.follow('qdisc')?.follow('ops')?.text('id'),
          queueLength: device.num('tx_queue_len'),
          namespace: namespaceInode(net),
          offset: device.address,
        };
      }
    }
  },
});
