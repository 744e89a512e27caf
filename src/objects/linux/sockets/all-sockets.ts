/** All sockets of a kernel with what is known of each: those in its tables and those that processes have open. */
import type { LinuxKernel } from '../kernel.js';
import type { OpenFile } from '../open-files.js';
import { describeSocket } from './describe-socket.js';
import type { SocketFacts } from './socket-facts.js';
import { socketOwners } from './socket-owners.js';
import { socketsInTables } from './socket-tables.js';

export interface KnownSocket {
  /** Address of the `struct sock`, or of what stands for it in the table (TIME_WAIT, request). */
  readonly sock: bigint;
  readonly facts: SocketFacts;
  /** The descriptors that lead to it, by process; none for the kernel's own and for orphans. */
  readonly owners: readonly OpenFile[];
  /** In one of the kernel's tables. A socket only a process has is new, closed, or was taken out of its table. */
  readonly listed: boolean;
}

const MEMO = Symbol('all sockets');

/** Each socket once, by the address of its `struct sock`. Read once for a kernel. */
export function allSockets(kernel: LinuxKernel): ReadonlyMap<bigint, KnownSocket> {
  return kernel.memo(MEMO, () => {
    const owners = socketOwners(kernel);
    const sockets = new Map<bigint, KnownSocket>();
    const add = (sock: bigint, listed: boolean) => {
      if (sockets.has(sock)) return;
      const facts = describeSocket(kernel, kernel.struct('sock', sock));
      sockets.set(sock, { sock, facts, owners: owners.get(sock) ?? [], listed });
    };
    for (const sock of socketsInTables(kernel)) add(sock.address, true);
    for (const sock of owners.keys()) add(sock, false);
    return sockets;
  });
}
