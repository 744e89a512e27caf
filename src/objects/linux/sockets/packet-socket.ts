/**
 * Packet sockets (sniffers): which interface and which Ethernet protocol they take, and whether they run.
 *
 * Source: net/packet/internal.h, packet_seq_show in net/packet/af_packet.c.
 */

import { fromNetwork16 } from '../../network-addresses.js';
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import type { FamilyFacts } from './socket-facts.js';
import { receiveMemory } from './socket-memory.js';

/** ETH_P_ALL (include/uapi/linux/if_ether.h). */
const EVERY_PROTOCOL = 3;

export function packetSocketFacts(_kernel: LinuxKernel, sock: StructView): FamilyFacts {
  const packet = sock.as('packet_sock');
  const number = packet.num('num');
  const protocol = number === undefined ? undefined : fromNetwork16(number);
  const taken =
    protocol === undefined
      ? undefined
      : protocol === EVERY_PROTOCOL
        ? 'every protocol'
        : `protocol 0x${protocol.toString(16).padStart(4, '0')}`;
  return { protocol: 'packet', rxQueue: receiveMemory(sock), details: taken };
}

/** Index of the interface that it takes packets from; 0 for all. */
export function packetInterface(sock: StructView): number | undefined {
  return sock.as('packet_sock').num('ifindex');
}
