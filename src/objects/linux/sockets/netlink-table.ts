/**
 * The kernel's table of netlink sockets: one resizable hash table a protocol.
 *
 * Source: net/netlink/af_netlink.h (`struct netlink_table`), MAX_LINKS in include/uapi/linux/netlink.h.
 */
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { rhashtableEntries } from '../rhashtable.js';

const MAX_LINKS = 32;

/** The tables of all protocols. */
export function* netlinkTables(kernel: LinuxKernel): Generator<StructView> {
  if (kernel.profile.types.struct('netlink_sock') === undefined) return;
  const base = kernel.globalPointer('nl_table');
  if (base === undefined || base === 0n) return;
  const { size } = kernel.struct('netlink_table', 0n);
  for (let protocol = 0; protocol < MAX_LINKS; protocol++) {
    yield kernel.struct('netlink_table', base + BigInt(protocol * size));
  }
}

/** The sockets of one protocol. */
export function* netlinkSockets(kernel: LinuxKernel, table: StructView): Generator<StructView> {
  for (const socket of rhashtableEntries(kernel, table.at('hash'), 'netlink_sock', 'node')) yield socket.as('sock');
}
