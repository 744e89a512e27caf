/**
 * The socket at the other end, when it is in the same image: Unix sockets are linked by the kernel, TCP connections over
 * a loopback or between namespaces are matched by their addresses.
 */
import type { LinuxKernel } from '../kernel.js';
import { allSockets, type KnownSocket } from './all-sockets.js';
import type { SocketFacts } from './socket-facts.js';

const MEMO = Symbol('socket peers');

/** The other end of a connection; undefined when it is unknown or elsewhere. */
export function socketPeer(kernel: LinuxKernel, facts: SocketFacts): KnownSocket | undefined {
  if (facts.peer !== undefined) return allSockets(kernel).get(facts.peer);
  const key = connectionKey(facts, facts.remote, facts.local);
  return key === undefined ? undefined : kernel.memo(MEMO, () => byConnection(kernel)).get(key);
}

/** Connected TCP sockets by protocol and both ends, as they see it. */
function byConnection(kernel: LinuxKernel): Map<string, KnownSocket> {
  const known = new Map<string, KnownSocket>();
  for (const socket of allSockets(kernel).values()) {
    const key = connectionKey(socket.facts, socket.facts.local, socket.facts.remote);
    if (key !== undefined) known.set(key, socket);
  }
  return known;
}

function connectionKey(facts: SocketFacts, from: SocketFacts['local'], to: SocketFacts['local']): string | undefined {
  if (!facts.protocol?.startsWith('tcp') || facts.state === 'LISTEN' || !facts.remote?.port) return undefined;
  return `${facts.protocol} ${from?.address} ${from?.port} ${to?.address} ${to?.port}`;
}
