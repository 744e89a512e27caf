/**
 * The memory a socket has charged for packets, which /proc/net shows as its queues.
 *
 * Source: include/net/sock.h, `sk_rmem_alloc_get` and `sk_wmem_alloc_get` (which leaves out the initial reference).
 */
import type { StructView } from '../../struct-view.js';

/** Bytes of received packets. */
export function receiveMemory(sock: StructView): number | undefined {
  return sock.num('sk_backlog.rmem_alloc.counter');
}

/** Bytes of packets under way. */
export function sendMemory(sock: StructView): number | undefined {
  // A refcount_t since 4.13, a plain atomic before.
  const path = sock.has('sk_wmem_alloc.refs.counter') ? 'sk_wmem_alloc.refs.counter' : 'sk_wmem_alloc.counter';
  const count = sock.num(path);
  return count === undefined ? undefined : count - 1;
}
