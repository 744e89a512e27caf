/** The network namespaces of a kernel. */
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { listEntries } from '../lists.js';
import { processes } from '../tasks.js';

const MEMO = Symbol('network namespaces');

/**
 * Every `struct net`: those on the kernel's list, those of the processes, and the first one. A namespace that was taken
 * off the list is found as long as a process is in it.
 */
export function netNamespaces(kernel: LinuxKernel): readonly StructView[] {
  return kernel.memo(MEMO, () => [...findNamespaces(kernel).values()]);
}

function findNamespaces(kernel: LinuxKernel): Map<bigint, StructView> {
  const found = new Map<bigint, StructView>();
  const add = (net: StructView | undefined) => {
    if (net !== undefined) found.set(net.address, net);
  };
  const first = kernel.address('init_net');
  if (first !== undefined) add(kernel.struct('net', first));
  const list = kernel.address('net_namespace_list');
  if (list !== undefined) for (const net of listEntries(kernel, list, 'net', 'list')) add(net);
  for (const task of processes(kernel)) add(task.follow('nsproxy')?.follow('net_ns'));
  return found;
}

/** Inode number of a namespace: the N of `net:[N]`. */
export function namespaceInode(net: StructView): number | undefined {
  return net.num('ns.inum');
}

/** Address of the `struct net` of a `sock`; undefined when unreadable, and where the kernel has only one. */
export function namespaceOf(sock: StructView): bigint | undefined {
  // CONFIG_NET_NS off: possible_net_t is empty, and there is only init_net.
  return sock.has('__sk_common.skc_net.net') ? sock.ptr('__sk_common.skc_net.net') : undefined;
}
