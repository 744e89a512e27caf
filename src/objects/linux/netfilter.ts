/**
 * Netfilter hooks: functions that see packets of a network namespace.
 *
 * Source: include/net/netns/netfilter.h, include/linux/netfilter.h (struct nf_hook_entries since 4.14; one array a family
 * since 4.16, hooks[family][hook] before).
 */
import type { StructView } from '../struct-view.js';
import type { LinuxKernel } from './kernel.js';

export interface PacketHook {
  readonly family: string;
  readonly hook: string;
  readonly priority: number | undefined;
  readonly handler: bigint;
  /** Address of the `struct nf_hook_ops`. */
  readonly operations: bigint;
}

/** enum nf_inet_hooks, include/uapi/linux/netfilter.h. */
const INET = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;
const ARP = ['input', 'output', 'forward'] as const;
const BRIDGE = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'brouting'] as const;

/** Members of `struct netns_nf` by family (since 4.16); which of them exist depends on the configuration. */
const FAMILIES = [
  { family: 'ipv4', member: 'hooks_ipv4', hooks: INET },
  { family: 'ipv6', member: 'hooks_ipv6', hooks: INET },
  { family: 'arp', member: 'hooks_arp', hooks: ARP },
  { family: 'bridge', member: 'hooks_bridge', hooks: BRIDGE },
  { family: 'decnet', member: 'hooks_decnet', hooks: [...INET, 'hello', 'route'] },
] as const;
/** `hooks[NFPROTO_NUMPROTO][NF_MAX_HOOKS]` of 4.14 and 4.15: family numbers of include/uapi/linux/netfilter.h. */
const OLD_FAMILIES = [
  { family: 'ipv4', number: 2, hooks: INET },
  { family: 'arp', number: 3, hooks: ARP },
  { family: 'bridge', number: 7, hooks: BRIDGE },
  { family: 'ipv6', number: 10, hooks: INET },
] as const;
const OLD_MAX_HOOKS = 8;
/** MAX_HOOK_COUNT of net/netfilter/core.c. */
const MAX_COUNT = 1024;

/** All hooks of a network namespace, in the order in which they are called. */
export function* packetHooks(kernel: LinuxKernel, net: StructView): Generator<PacketHook> {
  const nf = net.at('nf');
  for (const { family, hook, entries } of hookPoints(kernel, nf)) {
    if (entries !== 0n) yield* entriesOf(kernel, family, hook, kernel.struct('nf_hook_entries', entries));
  }
}

function* hookPoints(
  kernel: LinuxKernel,
  nf: StructView,
): Generator<{ family: string; hook: string; entries: bigint }> {
  const size = BigInt(kernel.profile.pointerSize);
  for (const { family, member, hooks } of FAMILIES) {
    if (!nf.has(member)) continue;
    for (const [index, entries] of (nf.pointers(member) ?? []).entries()) {
      yield { family, hook: hooks[index] ?? `${index}`, entries };
    }
  }
  if (!nf.has('hooks')) return;
  for (const { family, number, hooks } of OLD_FAMILIES) {
    const base = nf.addressOf('hooks') + BigInt(number * OLD_MAX_HOOKS) * size;
    for (const [index, entries] of [...kernel.pointerArray(base, hooks.length)].entries()) {
      yield { family, hook: hooks[index] ?? `${index}`, entries };
    }
  }
}

/** The entries are followed by pointers to their `nf_hook_ops`, in the same order. */
function* entriesOf(kernel: LinuxKernel, family: string, hook: string, entries: StructView): Generator<PacketHook> {
  const count = entries.num('num_hook_entries') ?? 0;
  if (count > MAX_COUNT) {
    kernel.faults.note(entries.address, 'damaged netfilter hooks');
    return;
  }
  const entrySize = BigInt(kernel.struct('nf_hook_entry', 0n).size);
  const first = entries.addressOf('hooks');
  const operations = [...kernel.pointerArray(first + BigInt(count) * entrySize, count)];
  for (let index = 0; index < count; index++) {
    const entry = kernel.struct('nf_hook_entry', first + BigInt(index) * entrySize);
    const address = operations[index] ?? 0n;
    yield {
      family,
      hook,
      priority: address === 0n ? undefined : kernel.struct('nf_hook_ops', address).num('priority'),
      handler: entry.ptr('hook') ?? 0n,
      operations: address,
    };
  }
}
