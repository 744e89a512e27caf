/**
 * /proc/net/{tcp,tcp6,udp,udp6,raw}: Internet sockets. Only little-endian guests: the kernel prints each 32-bit word of
 * an address in the processor's byte order (net/ipv4/tcp_ipv4.c, get_tcp4_sock).
 */
import { SocketAddress } from 'node:net';
import { matchLine } from './match-line.js';

export interface InetSocket {
  readonly localAddress: string;
  /** For raw sockets the protocol number. */
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** include/net/tcp_states.h; UDP and raw sockets show CLOSE, or ESTABLISHED once connected. */
  readonly state: string;
  readonly sendQueue: number;
  readonly receiveQueue: number;
  readonly uid: number;
  readonly inode: number;
}

/** include/net/tcp_states.h, from 1. */
const states = [
  ...['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT1', 'FIN_WAIT2', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT'],
  ...['LAST_ACK', 'LISTEN', 'CLOSING', 'NEW_SYN_RECV'],
];

const ROW = new RegExp(
  [
    '^ *\\d+: (?<local>[0-9A-F]+):(?<localPort>[0-9A-F]{4}) (?<remote>[0-9A-F]+):(?<remotePort>[0-9A-F]{4})',
    '(?<state>[0-9A-F]{2}) (?<tx>[0-9A-F]{8}):(?<rx>[0-9A-F]{8}) \\S+ \\S+ +(?<uid>\\d+) +\\d+ (?<inode>\\d+) .*$',
  ].join(' '),
);

/** Rows of one of the five files, heading line first. */
export function parseInetSockets(lines: readonly string[]): InetSocket[] {
  return lines.slice(1).map((line) => {
    const row = matchLine(
      line,
      ROW,
      ...(['local', 'localPort', 'remote', 'remotePort'] as const),
      ...(['state', 'tx', 'rx', 'uid', 'inode'] as const),
    );
    const state = states[Number.parseInt(row.state, 16) - 1];
    if (state === undefined) throw new Error(`ground truth: unknown socket state ${row.state}`);
    return {
      localAddress: parseAddress(row.local),
      localPort: Number.parseInt(row.localPort, 16),
      remoteAddress: parseAddress(row.remote),
      remotePort: Number.parseInt(row.remotePort, 16),
      state,
      sendQueue: Number.parseInt(row.tx, 16),
      receiveQueue: Number.parseInt(row.rx, 16),
      uid: Number(row.uid),
      inode: Number(row.inode),
    };
  });
}

function parseAddress(digits: string): string {
  const bytes = Buffer.from(digits, 'hex').swap32();
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes.toString('hex'));
}

/** 32 hexadecimal digits in network order -> the shortest text form (RFC 5952). */
export function formatIpv6(digits: string): string {
  const groups = digits.match(/.{4}/g) ?? [];
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
