/**
 * Netlink sockets: the protocol stands for the address, the port id for the port.
 *
 * Source: net/netlink/af_netlink.h, netlink_native_seq_show in net/netlink/af_netlink.c.
 */
import { readPointer, type StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { NETLINK_PROTOCOLS } from './names.js';
import type { FamilyFacts } from './socket-facts.js';
import { receiveMemory, sendMemory } from './socket-memory.js';

/** `state` of the socket, not of its `sock`: NETLINK_S_CONGESTED is bit 0, a peer was set by connect. */
export function netlinkSocketFacts(kernel: LinuxKernel, sock: StructView): FamilyFacts {
  const netlink = sock.as('netlink_sock');
  const number = sock.num('sk_protocol');
  const address = number === undefined ? undefined : (NETLINK_PROTOCOLS[number] ?? String(number));
  const groups = netlink.ptr('groups');
  const mask = groups === undefined || groups === 0n ? 0n : readPointer(kernel, groups);
  return {
    protocol: 'netlink',
    local: { address, port: netlink.num('portid') },
    remote: { port: netlink.num('dst_portid') },
    rxQueue: receiveMemory(sock),
    txQueue: sendMemory(sock),
    details: mask === undefined || mask === 0n ? undefined : `groups 0x${mask.toString(16)}`,
  };
}
