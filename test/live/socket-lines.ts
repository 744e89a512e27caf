/** Sockets as lines, one each: what /proc/net says of them, and the same of `netstat`'s rows. */
import type { Row } from '../../src/core/columns.js';
import { parseInetSockets } from '../ground-truth/inet-sockets.js';
import { parseNetlinkSockets, parsePacketSockets, parseUnixSockets } from '../ground-truth/other-sockets.js';

/** The lines of a file of /proc/net, its heading first; none when the kernel has no such file. */
type Read = (file: string) => readonly string[];

const INET = ['tcp', 'tcp6', 'udp', 'udp6', 'raw'];
/** The kernel prints connectionless sockets that have no peer in the state CLOSE. */
const stateOf = (protocol: string, state: string) =>
  state === 'CLOSE' && !protocol.startsWith('tcp') ? 'UNCONNECTED' : state;

export function socketLines(read: Read): string[] {
  return [
    ...INET.flatMap((protocol) =>
      parseInetSockets(read(protocol)).map((socket) => {
        const ends = `${socket.localAddress}:${socket.localPort} ${socket.remoteAddress}:${socket.remotePort}`;
        return `${protocol} ${ends} ${stateOf(protocol, socket.state)} ${socket.uid} ${socket.inode}`;
      }),
    ),
    ...parseUnixSockets(read('unix')).map(({ listening, type, state, inode, path }) => {
      // Listeners and unconnected sockets are both UNCONNECTED there, told apart by a flag.
      const shown = listening ? 'LISTEN' : state === 'CONNECTED' ? 'ESTABLISHED' : state;
      return `unix ${type === 'DGRAM' ? 'datagram' : type.toLowerCase()} ${shown} ${inode} ${path}`;
    }),
    ...parseNetlinkSockets(read('netlink')).map(({ portId, inode }) => `netlink ${portId} ${inode}`),
    ...parsePacketSockets(read('packet')).map(({ uid, inode }) => `packet ${uid} ${inode}`),
  ];
}

/** Undefined for sockets of families that have no file there. */
export function socketLine(row: Row): string | undefined {
  const protocol = String(row.protocol);
  if (protocol === 'unix') return `unix ${row.type} ${row.state} ${row.inode} ${row.localAddress ?? ''}`;
  if (protocol === 'netlink') return `netlink ${row.localPort} ${row.inode}`;
  if (protocol === 'packet') return `packet ${row.uid} ${row.inode}`;
  if (!INET.includes(protocol)) return undefined;
  const ends = `${row.localAddress}:${row.localPort} ${row.remoteAddress}:${row.remotePort}`;
  // The kernel prints zeros for connections that wait to be forgotten: they have neither file nor owner any more.
  return `${protocol} ${ends} ${row.state} ${row.uid ?? 0} ${row.inode ?? 0}`;
}
