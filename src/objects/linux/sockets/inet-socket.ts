/**
 * Internet sockets: addresses, ports, states and queues of TCP, UDP, raw and the other protocols over IPv4 and IPv6.
 *
 * Reads the entries that only a `sock_common` stands for (TIME_WAIT, half-open requests) as well as whole sockets.
 * Source: include/net/sock.h, net/ipv4/{tcp_ipv4,udp,raw}.c and their IPv6 twins (what /proc/net prints).
 */

import { fromNetwork16, ipv4Text, ipv6Text } from '../../network-addresses.js';
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import {
  AF_INET6,
  IP_PROTOCOLS,
  OTHER_STATES,
  TCP_LISTEN,
  TCP_NEW_SYN_RECV,
  TCP_STATES,
  TCP_TIME_WAIT,
} from './names.js';
import type { Endpoint, FamilyFacts } from './socket-facts.js';
import { receiveMemory, sendMemory } from './socket-memory.js';

const SOCK_RAW = 3;

/** True when the entry is no whole `struct sock`: only its `__sk_common` may be read. */
export function isMiniSocket(sock: StructView): boolean {
  const state = sock.num('__sk_common.skc_state');
  return state === TCP_TIME_WAIT || state === TCP_NEW_SYN_RECV;
}

export function inetSocketFacts(_kernel: LinuxKernel, sock: StructView): FamilyFacts {
  const v6 = sock.num('__sk_common.skc_family') === AF_INET6;
  const mini = isMiniSocket(sock);
  const name = mini ? 'tcp' : protocolName(sock);
  const state = sock.num('__sk_common.skc_state');
  const remotePort = sock.num('__sk_common.skc_dport');
  return {
    protocol: name === undefined ? undefined : `${name}${v6 ? '6' : ''}`,
    local: endpoint(sock, v6, 'skc_rcv_saddr', sock.num('__sk_common.skc_num')),
    remote: endpoint(sock, v6, 'skc_daddr', remotePort === undefined ? undefined : fromNetwork16(remotePort)),
    state: state === undefined ? undefined : (name === 'tcp' || name === 'mptcp' ? TCP_STATES : OTHER_STATES)[state],
    ...(mini ? { rxQueue: 0, txQueue: 0 } : queues(sock, name, state)),
  };
}

/** `raw` for raw sockets of any protocol: their number stands where others have the local port. */
function protocolName(sock: StructView): string | undefined {
  if (sock.num('sk_type') === SOCK_RAW) return 'raw';
  const number = sock.num('sk_protocol');
  if (number === undefined) return undefined;
  return IP_PROTOCOLS[number] ?? sock.follow('__sk_common.skc_prot')?.text('name')?.toLowerCase();
}

function endpoint(sock: StructView, v6: boolean, member: string, port: number | undefined): Endpoint {
  if (!v6) {
    const bytes = sock.bytes(`__sk_common.${member}`, 4);
    return { address: bytes && ipv4Text(bytes), port };
  }
  const bytes = sock.bytes(`__sk_common.${member.replace('skc_', 'skc_v6_')}`, 16);
  return { address: bytes && ipv6Text(bytes), port };
}

type Queues = Pick<FamilyFacts, 'rxQueue' | 'txQueue'>;

function queues(sock: StructView, name: string | undefined, state: number | undefined): Queues {
  if (name === 'tcp') return tcpQueues(sock, state);
  const received = receiveMemory(sock);
  // What a UDP reader took is given back in batches (4.12); `udp_rqueue_get` leaves it out.
  const deficit =
    name?.startsWith('udp') && sock.as('udp_sock').has('forward_deficit')
      ? sock.as('udp_sock').num('forward_deficit')
      : 0;
  return {
    rxQueue: received === undefined || deficit === undefined ? undefined : received - deficit,
    txQueue: sendMemory(sock),
  };
}

function tcpQueues(sock: StructView, state: number | undefined): Queues {
  if (state === TCP_LISTEN) return { rxQueue: sock.num('sk_ack_backlog'), txQueue: 0 };
  const tcp = sock.as('tcp_sock');
  const between = (to: string, from: string): number | undefined => {
    const end = tcp.num(to);
    const start = tcp.num(from);
    return end === undefined || start === undefined ? undefined : Math.max((end - start) | 0, 0);
  };
  return { rxQueue: between('rcv_nxt', 'copied_seq'), txQueue: between('write_seq', 'snd_una') };
}
