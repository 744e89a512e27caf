/**
 * Names of the numbers in sockets: families, types, states, protocols. Tables only.
 *
 * Source: include/linux/socket.h, include/linux/net.h, include/net/tcp_states.h, include/uapi/linux/{in,netlink}.h.
 */

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

/** Address families, for sockets that are shown by their family alone. */
export const FAMILY_NAMES: Readonly<Record<number, string>> = {
  [AF_UNIX]: 'unix',
  [AF_INET]: 'inet',
  3: 'ax25',
  4: 'ipx',
  5: 'appletalk',
  6: 'netrom',
  9: 'x25',
  [AF_INET6]: 'inet6',
  15: 'key',
  [AF_NETLINK]: 'netlink',
  [AF_PACKET]: 'packet',
  20: 'atmsvc',
  21: 'rds',
  23: 'irda',
  24: 'pppox',
  26: 'llc',
  27: 'ib',
  28: 'mpls',
  29: 'can',
  30: 'tipc',
  31: 'bluetooth',
  32: 'iucv',
  33: 'rxrpc',
  35: 'phonet',
  36: 'ieee802154',
  37: 'caif',
  38: 'alg',
  39: 'nfc',
  40: 'vsock',
  41: 'kcm',
  42: 'qipcrtr',
  43: 'smc',
  44: 'xdp',
  45: 'mctp',
};

export const SOCKET_TYPES: Readonly<Record<number, string>> = {
  1: 'stream',
  2: 'datagram',
  3: 'raw',
  4: 'rdm',
  5: 'seqpacket',
  6: 'dccp',
  10: 'packet',
};

export const TCP_LISTEN = 10;
export const TCP_TIME_WAIT = 6;
export const TCP_NEW_SYN_RECV = 12;

/** `sk_state` of TCP. A request that only its hash entry stands for (NEW_SYN_RECV) is in SYN_RECV to the outside. */
export const TCP_STATES: Readonly<Record<number, string>> = {
  1: 'ESTABLISHED',
  2: 'SYN_SENT',
  3: 'SYN_RECV',
  4: 'FIN_WAIT1',
  5: 'FIN_WAIT2',
  [TCP_TIME_WAIT]: 'TIME_WAIT',
  7: 'CLOSE',
  8: 'CLOSE_WAIT',
  9: 'LAST_ACK',
  [TCP_LISTEN]: 'LISTEN',
  11: 'CLOSING',
  [TCP_NEW_SYN_RECV]: 'SYN_RECV',
  13: 'BOUND_INACTIVE',
};

/** The same member where there are no connections in TCP's sense: datagram, raw and Unix sockets. */
export const OTHER_STATES: Readonly<Record<number, string>> = {
  ...TCP_STATES,
  7: 'UNCONNECTED',
};

/** IP protocols by number, under the names of their files in /proc/net. */
export const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  58: 'icmp',
  132: 'sctp',
  136: 'udplite',
  262: 'mptcp',
};

export const NETLINK_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'route',
  2: 'usersock',
  3: 'firewall',
  4: 'sock_diag',
  5: 'nflog',
  6: 'xfrm',
  7: 'selinux',
  8: 'iscsi',
  9: 'audit',
  10: 'fib_lookup',
  11: 'connector',
  12: 'netfilter',
  13: 'ip6_fw',
  14: 'dnrtmsg',
  15: 'kobject_uevent',
  16: 'generic',
  18: 'scsitransport',
  19: 'ecryptfs',
  20: 'rdma',
  21: 'crypto',
  22: 'smc',
};
