/**
 * Network interfaces of a namespace: `struct net_device`, with flags as the kernel reports them to programs.
 *
 * Source: include/linux/netdevice.h, dev_get_flags in net/core/dev.c, include/uapi/linux/if.h (4.4 to 6.12).
 */
import type { StructView } from '../../struct-view.js';
import type { LinuxKernel } from '../kernel.js';
import { listEntries } from '../lists.js';

const MEMO = Symbol('network devices');

/** The interfaces of a `struct net`, in the order of their making. */
export function netDevices(kernel: LinuxKernel, net: StructView): readonly StructView[] {
  const known = kernel.memo(MEMO, () => new Map<bigint, readonly StructView[]>());
  let devices = known.get(net.address);
  if (devices === undefined) {
    devices = [...listEntries(kernel, net.addressOf('dev_base_head'), 'net_device', 'dev_list')];
    known.set(net.address, devices);
  }
  return devices;
}

/** Name of the interface with index `index` of the namespace at `namespace`; undefined for 0 and unknown ones. */
export function deviceName(kernel: LinuxKernel, namespace: bigint | undefined, index: number): string | undefined {
  if (namespace === undefined || index === 0) return undefined;
  const devices = netDevices(kernel, kernel.struct('net', namespace));
  return devices.find((device) => device.num('ifindex') === index)?.text('name');
}

const IFF = {
  UP: 0x1,
  RUNNING: 0x40,
  PROMISC: 0x100,
  ALLMULTI: 0x200,
  LOWER_UP: 0x1_0000,
  DORMANT: 0x2_0000,
} as const;

/** enum netdev_state_t: bits of `state`. */
const LINK_STATE = { start: 1 << 0, noCarrier: 1 << 2, dormant: 1 << 4 } as const;

/** RFC 2863 operational states by `operstate`. */
const OPER_STATES = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'] as const;
const OPERATIONAL: ReadonlySet<string> = new Set(['unknown', 'up']);

export function operState(device: StructView): string | undefined {
  const state = device.num('operstate');
  return state === undefined ? undefined : OPER_STATES[state];
}

/**
 * The flags that `ip link` shows. PROMISC and ALLMULTI among them mean that a program asked for them by name; a sniffer's
 * own request shows in `promiscuity` only.
 */
export function deviceFlags(device: StructView): number | undefined {
  const flags = device.num('flags');
  const asked = device.num('gflags');
  const state = device.num('state');
  if (flags === undefined || asked === undefined || state === undefined) return undefined;
  const { UP: _up, ...computed } = IFF;
  let result = flags;
  for (const bit of Object.values(computed)) result &= ~bit;
  result |= asked & (IFF.PROMISC | IFF.ALLMULTI);
  if ((state & LINK_STATE.start) === 0) return result;
  if (OPERATIONAL.has(operState(device) ?? '')) result |= IFF.RUNNING;
  if ((state & LINK_STATE.noCarrier) === 0) result |= IFF.LOWER_UP;
  if ((state & LINK_STATE.dormant) !== 0) result |= IFF.DORMANT;
  return result;
}

/** Names by bit, from include/uapi/linux/if.h. */
const FLAG_NAMES = [
  'UP',
  'BROADCAST',
  'DEBUG',
  'LOOPBACK',
  'POINTOPOINT',
  'NOTRAILERS',
  'RUNNING',
  'NOARP',
  'PROMISC',
  'ALLMULTI',
  'MASTER',
  'SLAVE',
  'MULTICAST',
  'PORTSEL',
  'AUTOMEDIA',
  'DYNAMIC',
  'LOWER_UP',
  'DORMANT',
  'ECHO',
] as const;

export function flagNames(flags: number): string[] {
  return FLAG_NAMES.filter((_, bit) => ((flags >> bit) & 1) === 1);
}
