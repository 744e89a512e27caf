/** `netstat`: every socket of the kernel with its owners. Interfaces and their addresses have plugins of their own. */
import { column, type Row } from '../../core/columns.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { deviceName } from '../../objects/linux/network/devices.js';
import { allSockets, type KnownSocket } from '../../objects/linux/sockets/all-sockets.js';
import { namespaceInode } from '../../objects/linux/sockets/net-namespaces.js';
import { socketPeer } from '../../objects/linux/sockets/socket-peers.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

const columns = {
  pid: column.integer('A process that has the socket open'),
  process: column.text('Its name'),
  protocol: column.text('tcp, tcp6, udp, udp6, raw, unix, netlink, packet, … as the files of /proc/net are called'),
  localAddress: column.text('Local address; for Unix sockets the path or @name, for netlink the protocol'),
  localPort: column.integer('Local port; for raw sockets the IP protocol, for netlink the port id'),
  remoteAddress: column.text('Remote address or path'),
  remotePort: column.integer('Remote port'),
  state: column.text('State of the connection'),
  fd: column.integer('Descriptor of that process'),
  type: column.text('stream, datagram, raw, seqpacket'),
  peers: column.list('pid/fd at the other end, when it is in this image'),
  owners: column.list('Every pid/fd that leads to the socket', { quiet: true }),
  uid: column.integer('Owner', { quiet: true }),
  inode: column.integer('Inode number: N of socket:[N]', { quiet: true }),
  rxQueue: column.size('Received and not read; for listeners the connections that wait', { quiet: true }),
  txQueue: column.size('Sent and not acknowledged', { quiet: true }),
  interface: column.text('Interface that it is bound to', { quiet: true }),
  details: column.text('Netlink groups, packet protocols', { quiet: true }),
  listed: column.boolean('In a table of the kernel', { quiet: true }),
  namespace: column.integer('Inode number of the network namespace', { quiet: true }),
  offset: column.address('Address of the struct sock', { quiet: true }),
} as const;

export default definePlugin({
  name: 'netstat',
  scope: 'linux',
  common: true,
  summary: 'List network sockets and connections',
  description:
    'Sockets of all families and all network namespaces: from the open files of the processes and from the kernel tables ' +
    '(TCP, UDP, raw, Unix, netlink, packet), so that connections without a process (TIME_WAIT, orphans) and the ' +
    "kernel's own sockets are there. One row a socket; with several owners the first one stands in the row.",
  aliases: ['linux.sockstat.Sockstat', 'linux.netstat.Netstat'],
  examples: ['netstat -f memory.raw', 'netstat -f memory.raw --filter protocol=tcp --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns,
  diff: {
    kind: 'socket',
    group: 'network',
    identity: ['offset', 'inode', 'protocol'],
    ignore: ['process', 'rxQueue', 'txQueue', 'peers'],
    describe: (row) =>
      `${row.protocol} ${row.localAddress ?? '*'}:${row.localPort ?? '*'} ${row.remoteAddress ?? '*'}:${row.remotePort ?? '*'}`,
  },
  *rows(kernel, options) {
    for (const socket of allSockets(kernel).values()) {
      const wanted = options.pid === undefined || options.pid.length === 0;
      const owner = socket.owners.find((each) => selected(options.pid, each.pid));
      if (wanted || owner !== undefined) yield row(kernel, socket, owner);
    }
  },
});

function row(
  kernel: LinuxKernel,
  { sock, facts, owners, listed }: KnownSocket,
  owner: KnownSocket['owners'][number] | undefined,
): Row<typeof columns> {
  return {
    pid: owner?.pid,
    process: owner?.process,
    protocol: facts.protocol,
    localAddress: facts.local?.address,
    localPort: facts.local?.port,
    remoteAddress: facts.remote?.address,
    remotePort: facts.remote?.port,
    state: facts.state,
    fd: owner?.fd,
    type: facts.type,
    peers: socketPeer(kernel, facts)?.owners.map(({ pid, fd }) => `${pid}/${fd}`),
    owners: owners.map(({ pid, fd }) => `${pid}/${fd}`),
    uid: facts.uid,
    inode: facts.inode,
    rxQueue: facts.rxQueue,
    txQueue: facts.txQueue,
    interface: deviceName(kernel, facts.namespace, facts.interfaceIndex ?? 0),
    details: facts.details,
    listed,
    namespace: facts.namespace === undefined ? undefined : namespaceInode(kernel.struct('net', facts.namespace)),
    offset: sock,
  };
}
