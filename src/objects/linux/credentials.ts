/** Credentials of a task: user and group ids, supplementary groups, capability sets. Source: include/linux/cred.h. */
import { u32, u64 } from '../../core/bytes.js';
import { readBytes, type StructView } from '../struct-view.js';

/** The four ids of a kind, as /proc/PID/status lists them: real, effective, saved, file system. */
export interface Ids {
  readonly real: number | undefined;
  readonly effective: number | undefined;
  readonly saved: number | undefined;
  readonly fileSystem: number | undefined;
}

/** Who the task is to others (`real_cred`, what /proc shows); undefined for released tasks. */
export function taskCredentials(task: StructView): StructView | undefined {
  return task.follow('real_cred');
}

export function userIds(credentials: StructView): Ids {
  return ids(credentials, 'uid');
}

export function groupIds(credentials: StructView): Ids {
  return ids(credentials, 'gid');
}

function ids(credentials: StructView, kind: 'uid' | 'gid'): Ids {
  return {
    real: credentials.num(`${kind}.val`),
    effective: credentials.num(`e${kind}.val`),
    saved: credentials.num(`s${kind}.val`),
    fileSystem: credentials.num(`fs${kind}.val`),
  };
}

/** NGROUPS_MAX (include/uapi/linux/limits.h). */
const MAX_GROUPS = 65536;

/** Supplementary group ids, ascending as the kernel sorts them; undefined when unreadable. */
export function supplementaryGroups(credentials: StructView): number[] | undefined {
  const info = credentials.follow('group_info');
  const count = info?.num('ngroups');
  // A flexible array since 4.10; pointers to blocks before, which are not read.
  if (info === undefined || count === undefined || count < 0 || count > MAX_GROUPS || !info.has('gid'))
    return undefined;
  const bytes = readBytes(info.context, info.addressOf('gid'), count * 4);
  return bytes && Array.from({ length: count }, (_, index) => u32(bytes, index * 4));
}

/** The five sets, under the names that capabilities(7) gives them. */
const SETS = {
  effective: 'cap_effective',
  permitted: 'cap_permitted',
  inheritable: 'cap_inheritable',
  bounding: 'cap_bset',
  ambient: 'cap_ambient',
} as const;

export type CapabilitySet = keyof typeof SETS;

/** A capability set as a mask of bits; undefined when unreadable. */
export function capabilityMask(credentials: StructView, set: CapabilitySet): bigint | undefined {
  // Two 32-bit words until 6.2, one 64-bit word since: the same bytes.
  const bytes = credentials.bytes(SETS[set], 8);
  return bytes && u64(bytes, 0);
}
