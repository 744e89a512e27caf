/**
 * Logons of domain users that are kept for when the domain cannot be reached: the values NL$1, NL$2, … of the SECURITY hive.
 * Source: A. Desfossez, "Cached credentials" (2005) and its successors for 6.0 (MS-CACHE v2): a head of 96 bytes with lengths
 * and a vector, then RC4 or AES by the secret NL$KM.
 */
import { createHmac } from 'node:crypto';
import { u16, utf16Text } from '../../../core/bytes.js';
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import { aesDecrypt, rc4 } from './ciphers.js';

export interface CachedLogon {
  /** `NL$1` */
  readonly entry: string;
  readonly user: string;
  readonly domain: string;
  readonly domainName: string;
  /** Hex: MS-CACHE (5.x) or MS-CACHE v2. */
  readonly hash: string;
}

const HEAD = 96;
const VECTOR = 64;
/** Behind the hash and counters, where the names begin. */
const NAMES = 72;

/** The entries in use. @param secret the LSA secret NL$KM */
export function* cachedLogons(root: RegistryKey, secret: Uint8Array, isModern: boolean): Generator<CachedLogon> {
  for (const value of root.subkey('Cache')?.values() ?? []) {
    if (!/^NL\$\d+$/.test(value.name)) continue;
    const { data } = value;
    if (data === undefined || data.length <= HEAD) continue;
    const [userLength, domainLength] = [u16(data, 0), u16(data, 2)];
    const nameLength = u16(data, 60);
    const vector = data.subarray(VECTOR, VECTOR + 16);
    if (userLength === 0 || vector.every((byte) => byte === 0)) continue;
    const clear = isModern
      ? aesDecrypt(secret.subarray(16, 32), vector, data.subarray(HEAD))
      : rc4(createHmac('md5', secret).update(vector).digest(), data.subarray(HEAD));
    let at = NAMES;
    const next = (length: number) => {
      const text = utf16Text(clear.subarray(at, at + length));
      // Each begins at a multiple of four.
      at += (length + 3) & ~3;
      return text;
    };
    const hash = Buffer.from(clear.subarray(0, 16)).toString('hex');
    yield { entry: value.name, hash, user: next(userLength), domain: next(domainLength), domainName: next(nameLength) };
  }
}
