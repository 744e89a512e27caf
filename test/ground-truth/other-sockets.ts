/**
 * /proc/net/{unix,netlink,packet}: sockets that are not of the Internet families. The socket addresses that the kernel prints
 * there are hashed (%pK) and cannot be compared with anything, so they are left out.
 */
import { matchLine } from './match-line.js';

export interface UnixSocket {
  readonly referenceCount: number;
  /** SO_ACCEPTCON: it listens. */
  readonly listening: boolean;
  readonly type: 'STREAM' | 'DGRAM' | 'SEQPACKET';
  /** net.h's socket_state: UNCONNECTED also for listeners and for datagram sockets. */
  readonly state: string;
  readonly inode: number;
  /** A file, `@` and the abstract name, or empty when unnamed. */
  readonly path: string;
}

export interface NetlinkSocket {
  /** NETLINK_ROUTE is 0 (include/uapi/linux/netlink.h). */
  readonly protocol: number;
  /** Port id: the process id of the first socket of a process; 0 is the kernel's own. */
  readonly portId: number;
  /** Multicast groups 1 to 32 as a mask. */
  readonly groups: number;
  readonly referenceCount: number;
  readonly inode: number;
}

export interface PacketSocket {
  readonly referenceCount: number;
  /** SOCK_RAW is 3, SOCK_DGRAM 2. */
  readonly type: number;
  /** Ethernet protocol; ETH_P_ALL is 3. */
  readonly protocol: number;
  readonly interfaceIndex: number;
  readonly running: boolean;
  readonly uid: number;
  readonly inode: number;
}

const unixTypes: Readonly<Record<string, UnixSocket['type']>> = {
  '0001': 'STREAM',
  '0002': 'DGRAM',
  '0005': 'SEQPACKET',
};
/** include/uapi/linux/net.h, socket_state. */
const unixStates = ['FREE', 'UNCONNECTED', 'CONNECTING', 'CONNECTED', 'DISCONNECTING'];
/** include/uapi/linux/net.h, __SO_ACCEPTCON. */
const ACCEPTS_CONNECTIONS = 1 << 16;

export function parseUnixSockets(lines: readonly string[]): UnixSocket[] {
  const shape =
    /^\S+: (?<count>[0-9A-F]{8}) [0-9A-F]{8} (?<flags>[0-9A-F]{8}) (?<type>[0-9A-F]{4}) (?<state>[0-9A-F]{2}) +(?<inode>\d+)(?: (?<path>.*))?$/;
  return lines.slice(1).map((line) => {
    const row = matchLine(line, shape, 'count', 'flags', 'type', 'state', 'inode', 'path');
    const type = unixTypes[row.type];
    const state = unixStates[Number.parseInt(row.state, 16)];
    if (type === undefined || state === undefined) throw new Error(`ground truth: unknown unix socket "${line}"`);
    return {
      referenceCount: Number.parseInt(row.count, 16),
      listening: (Number.parseInt(row.flags, 16) & ACCEPTS_CONNECTIONS) !== 0,
      type,
      state,
      inode: Number(row.inode),
      path: row.path,
    };
  });
}

export function parseNetlinkSockets(lines: readonly string[]): NetlinkSocket[] {
  const shape =
    /^\S+ (?<protocol>\d+) +(?<port>-?\d+) +(?<groups>[0-9a-f]{8}) \d+ +\d+ +\d+ +(?<count>\d+) +\d+ +(?<inode>\d+) *$/;
  return lines.slice(1).map((line) => {
    const row = matchLine(line, shape, 'protocol', 'port', 'groups', 'count', 'inode');
    return {
      protocol: Number(row.protocol),
      // Printed as %-10d although it is unsigned (net/netlink/af_netlink.c, netlink_native_seq_show).
      portId: Number(row.port) >>> 0,
      groups: Number.parseInt(row.groups, 16),
      referenceCount: Number(row.count),
      inode: Number(row.inode),
    };
  });
}

export function parsePacketSockets(lines: readonly string[]): PacketSocket[] {
  const shape =
    /^\S+ (?<count>\d+) +(?<type>\d+) +(?<protocol>[0-9a-f]{4}) +(?<index>\d+) +(?<running>\d) +\d+ +(?<uid>\d+) +(?<inode>\d+) *$/;
  return lines.slice(1).map((line) => {
    const row = matchLine(line, shape, 'count', 'type', 'protocol', 'index', 'running', 'uid', 'inode');
    return {
      referenceCount: Number(row.count),
      type: Number(row.type),
      protocol: Number.parseInt(row.protocol, 16),
      interfaceIndex: Number(row.index),
      running: row.running === '1',
      uid: Number(row.uid),
      inode: Number(row.inode),
    };
  });
}
