/** Connections, listeners and UDP endpoints of tcpip.sys, found by the tags of their pool blocks: those since NT 6.0. */
import { u16 } from '../../../core/bytes.js';
import { ipv4Text, ipv6Text } from '../../network-addresses.js';
import { readPointer, type StructView } from '../../struct-view.js';
import type { WindowsKernel } from '../kernel.js';
import { poolBlocks, poolTag } from '../pool-scan.js';
import { processId } from '../process-facts.js';
import { unixTime } from '../times.js';
import {
  ENDPOINT_TAGS,
  type EndpointKind,
  type EndpointLayout,
  type NetworkLayout,
  networkLayouts,
} from './endpoint-layouts.js';
import { oldEndpoints } from './old-endpoints.js';

export interface Endpoint {
  /** `tcp`, `tcp6`, `udp`, `udp6` */
  readonly protocol: string;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly state: string | undefined;
  /** Of the process that made it; undefined for connections that have none any more. */
  readonly pid: number | undefined;
  /** The _EPROCESS; undefined when there is none, or none any more. */
  readonly owner: StructView | undefined;
  readonly created: bigint | undefined;
  readonly offset: bigint;
}

const FAMILIES: Readonly<Record<number, { suffix: string; length: number; text(bytes: Uint8Array): string }>> = {
  2: { suffix: '', length: 4, text: ipv4Text },
  23: { suffix: '6', length: 16, text: ipv6Text },
};
const STATES: Readonly<Record<number, string>> = {
  0: 'CLOSED',
  1: 'LISTEN',
  2: 'SYN_SENT',
  3: 'SYN_RECV',
  4: 'ESTABLISHED',
  5: 'FIN_WAIT1',
  6: 'FIN_WAIT2',
  7: 'CLOSE_WAIT',
  8: 'CLOSING',
  9: 'LAST_ACK',
  12: 'TIME_WAIT',
  13: 'DELETE_TCB',
};
/** DISPATCHER_HEADER.Type of processes. */
const PROCESS = 3;

/** The number in the kernel's version: `10.0.19041` is 19041. */
function buildOf(kernel: WindowsKernel): number {
  return Number(kernel.profile.release.split('.')[2] ?? 0);
}

/** Endpoints as far as what stands in a block makes one; freed blocks among them that were not used again. */
export function* endpoints(kernel: WindowsKernel, progress?: (address: bigint) => void): Generator<Endpoint> {
  if (kernel.profile.release.startsWith('5.')) yield* oldEndpoints(kernel, progress);
  const layouts = networkLayouts(kernel.profile.pointerSize, buildOf(kernel));
  if (layouts.length === 0) return;
  const kinds = new Map(Object.entries(ENDPOINT_TAGS).map(([tag, kind]) => [poolTag(tag), kind]));
  for (const { tag, start } of poolBlocks(kernel, kinds, progress)) {
    const kind = kinds.get(tag) as EndpointKind;
    for (const layout of layouts) {
      const found = endpointAt(kernel, start, kind, layout);
      if (found === undefined) continue;
      yield found;
      break;
    }
  }
}

function endpointAt(
  kernel: WindowsKernel,
  offset: bigint,
  kind: EndpointKind,
  layout: NetworkLayout,
): Endpoint | undefined {
  const places: EndpointLayout = layout[kind];
  // Looked at without the fault log: a block that only looks alike is no damage.
  const pointer = (address: bigint) => {
    const bytes = kernel.space.view(address, kernel.profile.pointerSize);
    return bytes === undefined ? undefined : readPointer(kernel, address);
  };
  const short = (address: bigint) => {
    const bytes = kernel.space.view(address, 2);
    return bytes && u16(bytes, 0);
  };
  const at = (place: number) => offset + BigInt(place);
  const familyAt = pointer(at(places.family));
  const number = familyAt === undefined ? undefined : short(familyAt + BigInt(layout.familyNumber));
  const family = number === undefined ? undefined : FAMILIES[number];
  if (family === undefined) return undefined;
  const owner = ownerAt(kernel, pointer(at(places.owner)));
  if (owner === 'nobody') return undefined;
  const address = (place: bigint | undefined) => {
    const bytes = place === undefined || place === 0n ? undefined : kernel.space.view(place, family.length);
    return bytes && family.text(bytes);
  };
  const follow = (from: bigint | undefined, place: number) =>
    from === undefined || from === 0n ? undefined : pointer(from + BigInt(place));
  const port = (place: number | undefined) => {
    const value = place === undefined ? undefined : short(at(place));
    return value === undefined ? undefined : ((value & 0xff) << 8) | (value >> 8);
  };
  const stateBytes = places.state === undefined ? undefined : short(at(places.state));
  const state = stateBytes === undefined ? undefined : STATES[stateBytes];
  const isConnection = kind === 'connection';
  if (isConnection && state === undefined) return undefined;
  // A connection without a process is one only while it has addresses.
  const info = pointer(at(places.address));
  const localInfo = isConnection ? follow(info, 0) : info;
  const data = places.direct ? follow(localInfo, 0) : follow(follow(localInfo, layout.localData), 0);
  const local = address(data);
  if (owner === undefined && (!isConnection || local === undefined)) return undefined;
  const created = kernel.struct('_LARGE_INTEGER', at(places.created));
  const any = family.length === 4 ? '0.0.0.0' : '::';
  return {
    protocol: `${kind === 'udp' ? 'udp' : 'tcp'}${family.suffix}`,
    localAddress: local ?? (isConnection ? undefined : any),
    localPort: port(places.localPort),
    remoteAddress: isConnection ? address(follow(info, layout.remote)) : undefined,
    remotePort: isConnection ? port(places.remotePort) : undefined,
    state: isConnection ? state : kind === 'listener' ? 'LISTEN' : undefined,
    pid: owner && processId(owner),
    owner,
    created: kernel.space.view(created.address, 8) === undefined ? undefined : unixTime(created.big('QuadPart')),
    offset,
  };
}

/** The process that a pointer leads to; undefined for none, `nobody` when it leads elsewhere. */
function ownerAt(kernel: WindowsKernel, address: bigint | undefined): StructView | 'nobody' | undefined {
  if (address === undefined || address === 0n) return undefined;
  const type = kernel.space.view(address, 1)?.[0];
  const process = kernel.struct('_EPROCESS', address);
  if (type === undefined || (type & 0x7f) !== PROCESS) return 'nobody';
  return kernel.space.view(address, process.size) === undefined ? 'nobody' : process;
}
