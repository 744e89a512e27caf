/**
 * Access tokens: who a process acts for, and what it may do.
 * Source: _TOKEN in Microsoft's public symbols; ReactOS's NDK (setypes.h) for 5.2; winnt.h for the bits.
 */
import { u8, u32 } from '../../core/bytes.js';
import { readBytes, type StructView, StructView as View } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { PRIVILEGE_NAMES } from './privilege-names.js';

export interface Privilege {
  /** Number of the privilege (lower half of its LUID). */
  readonly value: number;
  readonly name: string | undefined;
  readonly enabled: boolean;
  readonly enabledByDefault: boolean;
}

export interface TokenSid {
  readonly sid: string | undefined;
  readonly attributes: number | undefined;
}

/** References keep counts in the lowest bits. */
const REFERENCE_BITS = { 4: 7n, 8: 15n } as const;
/** More groups or privileges than a token can have. */
const MAX_ENTRIES = 4096;
const ENABLED_BY_DEFAULT = 1;
const ENABLED = 2;
const MAX_SUB_AUTHORITIES = 15;

/** The primary token of a process; undefined when it has none or it is unreadable. */
export function processToken(kernel: WindowsKernel, process: StructView): StructView | undefined {
  const reference = process.ptr('Token.Object');
  const address = reference === undefined ? 0n : reference & ~REFERENCE_BITS[kernel.profile.pointerSize];
  return address === 0n ? undefined : kernel.struct('_TOKEN', address);
}

/** The privileges that are present in a token. */
export function* tokenPrivileges(token: StructView): Generator<Privilege> {
  if (token.has('Privileges.Present')) {
    // Since 6.0 bit masks, by the privilege's number.
    const [present, enabled, byDefault] = ['Present', 'Enabled', 'EnabledByDefault'].map(
      (mask) => token.big(`Privileges.${mask}`) ?? 0n,
    ) as [bigint, bigint, bigint];
    const has = (mask: bigint, bit: number) => ((mask >> BigInt(bit)) & 1n) === 1n;
    for (let value = 0; value < 64; value++) {
      if (!has(present, value)) continue;
      yield privilege(value, has(enabled, value), has(byDefault, value));
    }
    return;
  }
  const first = token.follow('Privileges', '_LUID_AND_ATTRIBUTES');
  const count = Math.min(token.num('PrivilegeCount') ?? 0, MAX_ENTRIES);
  for (let index = 0; first !== undefined && index < count; index++) {
    const entry = first.sibling(index);
    const value = entry.num('Luid.LowPart');
    const attributes = entry.num('Attributes');
    if (value === undefined || attributes === undefined) return;
    yield privilege(value, (attributes & ENABLED) !== 0, (attributes & ENABLED_BY_DEFAULT) !== 0);
  }
}

function privilege(value: number, enabled: boolean, enabledByDefault: boolean): Privilege {
  return { value, name: PRIVILEGE_NAMES[value], enabled, enabledByDefault };
}

/** The user and the groups of a token, the user first. */
export function* tokenSids(token: StructView): Generator<TokenSid> {
  const first = token.follow('UserAndGroups', '_SID_AND_ATTRIBUTES');
  const count = Math.min(token.num('UserAndGroupCount') ?? 0, MAX_ENTRIES);
  for (let index = 0; first !== undefined && index < count; index++) {
    const entry = first.sibling(index);
    const address = entry.ptr('Sid');
    if (address === undefined) return;
    yield { sid: address === 0n ? undefined : sidAt(entry, address), attributes: entry.num('Attributes') };
  }
}

/** `S-1-5-18`; undefined when unreadable or no SID. */
function sidAt({ context }: StructView, address: bigint): string | undefined {
  const sid = new View(context, '_SID', address);
  const head = readBytes(context, address, 8)?.slice();
  if (head === undefined || u8(head, 0) !== 1 || u8(head, 1) > MAX_SUB_AUTHORITIES) return undefined;
  const count = u8(head, 1);
  const parts = readBytes(context, sid.addressOf('SubAuthority'), count * 4);
  if (parts === undefined) return undefined;
  let authority = 0;
  for (let at = 2; at < 8; at++) authority = authority * 256 + u8(head, at);
  const subAuthorities = Array.from({ length: count }, (_, index) => u32(parts, index * 4));
  return ['S-1', authority, ...subAuthorities].join('-');
}
