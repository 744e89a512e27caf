/**
 * Local accounts with their password hashes, from the SAM hive.
 *
 * A hash is wrapped three times: in DES with the account's number, in RC4 or AES with the hive's key, which is wrapped with
 * the boot key. ReactOS keeps them open.
 * Source: [MS-SAMR] 2.2.11.1 (DES); B. Dolan-Gavitt, "SysKey and the SAM" (2008); the revisions of 10.0.14393 as in public
 * analyses ("SAM AES encryption"). ReactOS dll/win32/samsrv.
 */
import { createHash } from 'node:crypto';
import { u16, u32, utf16Text } from '../../../core/bytes.js';
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import { aesDecrypt, desDecrypt, rc4 } from './ciphers.js';

export interface SamAccount {
  /** Relative identifier: 500 is the administrator. */
  readonly rid: number;
  readonly name: string | undefined;
  /** Hex; undefined where none is kept, or it cannot be unwrapped. */
  readonly lmHash: string | undefined;
  readonly ntHash: string | undefined;
}

const DOMAIN = 'SAM\\Domains\\Account';

const QWERTY = Buffer.from('!@#$%^&*()qwertyUIOPAzxcvbnmQQQQQQQQQQQQ)(*@&%\0', 'latin1');
const DIGITS = Buffer.from('0123456789012345678901234567890123456789\0', 'latin1');
const PURPOSE = { lm: Buffer.from('LMPASSWORD\0', 'latin1'), nt: Buffer.from('NTPASSWORD\0', 'latin1') } as const;
type Kind = keyof typeof PURPOSE;

/** Of the value F of the domain: the revision of the key, and what it is wrapped in. */
const KEY_REVISION = 0x68;
const REVISION = { rc4: 1, aes: 2 } as const;

/** Of the value V of an account: offsets from the end of its table, and lengths. */
const V_TABLE = 0xcc;
const V_ENTRY = { name: 0x0c, lm: 0x9c, nt: 0xa8 } as const;
const HASH_SIZE = 16;

/** @param root root of the SAM hive */
export function* samAccounts(root: RegistryKey, boot: Uint8Array | undefined): Generator<SamAccount> {
  const domain = root.below(DOMAIN);
  const f = domain?.value('F')?.data;
  const key = boot && f && hiveKey(boot, f);
  for (const user of domain?.subkey('Users')?.subkeys() ?? []) {
    if (!/^[0-9a-f]{8}$/i.test(user.name)) continue;
    const rid = Number.parseInt(user.name, 16);
    const v = user.value('V')?.data;
    if (v === undefined) {
      const [lm, nt] = ['LMPwd', 'NTPwd'].map((name) => open(user.value(name)?.data)) as [string?, string?];
      const name = user.value('Name')?.data;
      yield { rid, name: name && utf16Text(name), lmHash: lm, ntHash: nt };
      continue;
    }
    const name = part(v, V_ENTRY.name);
    const hash = (kind: Kind) => key && hashIn(part(v, V_ENTRY[kind]), key, rid, kind);
    yield { rid, name: name && utf16Text(name), lmHash: hash('lm'), ntHash: hash('nt') };
  }
}

function open(data: Uint8Array | undefined): string | undefined {
  return data?.length === HASH_SIZE ? Buffer.from(data).toString('hex') : undefined;
}

/** The key of the hive, by the boot key; undefined where the domain's value is not of a known revision. */
function hiveKey(boot: Uint8Array, f: Uint8Array): Uint8Array | undefined {
  if (f.length < KEY_REVISION + 0x30) return undefined;
  const revision = u32(f, KEY_REVISION);
  if (revision === REVISION.aes) return aesDecrypt(boot, f.subarray(0x78, 0x88), f.subarray(0x88, 0x98));
  if (revision !== REVISION.rc4) return undefined;
  const wrapping = createHash('md5').update(f.subarray(0x70, 0x80)).update(QWERTY).update(boot).update(DIGITS).digest();
  return rc4(wrapping, f.subarray(0x80, 0xa0)).subarray(0, HASH_SIZE);
}

function part(v: Uint8Array, entry: number): Uint8Array | undefined {
  if (v.length < V_TABLE) return undefined;
  const start = V_TABLE + u32(v, entry);
  const length = u32(v, entry + 4);
  return length === 0 || start + length > v.length ? undefined : v.subarray(start, start + length);
}

/** A hash as it is kept: two numbers of 16 bits, and behind them what its revision has. */
function hashIn(kept: Uint8Array | undefined, key: Uint8Array, rid: number, kind: Kind): string | undefined {
  if (kept === undefined || kept.length < 4 + HASH_SIZE) return undefined;
  const number = Buffer.alloc(4);
  number.writeUInt32LE(rid);
  let wrapped: Uint8Array;
  if (u16(kept, 2) === REVISION.aes) {
    // Without data behind the salt there is no password.
    if (kept.length < 24 + HASH_SIZE) return undefined;
    wrapped = aesDecrypt(key, kept.subarray(8, 24), kept.subarray(24)).subarray(0, HASH_SIZE);
  } else {
    const unwrapping = createHash('md5').update(key).update(number).update(PURPOSE[kind]).digest();
    wrapped = rc4(unwrapping, kept.subarray(4, 4 + HASH_SIZE));
  }
  // Each half with seven bytes of the number over and over, the second half's beginning three bytes later.
  const repeated = Buffer.concat([number, number, number, number]);
  const halves = [
    desDecrypt(repeated.subarray(0, 7), wrapped.subarray(0, 8)),
    desDecrypt(repeated.subarray(7, 14), wrapped.subarray(8, 16)),
  ];
  return Buffer.concat(halves).toString('hex');
}
