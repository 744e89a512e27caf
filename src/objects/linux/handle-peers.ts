/** Who is at the other end of an open file: of a pipe, a FIFO, or a socket whose peer is in this image. */
import type { LinuxKernel } from './kernel.js';
import type { OpenFile } from './open-files.js';
import { pipePeers } from './pipes.js';
import { allSockets } from './sockets/all-sockets.js';
import { sockOf } from './sockets/socket-owners.js';
import { socketPeer } from './sockets/socket-peers.js';

/** `pid/fd` of each descriptor at the other end; undefined for files that have no other end. */
export function handlePeers(
  kernel: LinuxKernel,
  open: OpenFile,
  facts: { readonly type: string | undefined; readonly access: string | undefined },
): string[] | undefined {
  if (facts.type === 'pipe' || facts.type === 'fifo') {
    const inode = open.file.follow('f_inode');
    if (inode === undefined || facts.access === undefined) return undefined;
    const peers = pipePeers(kernel, inode, { pid: open.pid, fd: open.fd, access: facts.access });
    return peers.map(({ pid, fd }) => `${pid}/${fd}`);
  }
  if (facts.type !== 'socket') return undefined;
  const sock = sockOf(open.file);
  const known = sock && allSockets(kernel).get(sock.address);
  const peer = known && socketPeer(kernel, known.facts);
  return peer?.owners.map(({ pid, fd }) => `${pid}/${fd}`);
}
