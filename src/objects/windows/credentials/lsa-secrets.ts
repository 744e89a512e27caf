/**
 * Secrets of the local security authority: passwords of services, of the machine, keys of cached logons; SECURITY hive.
 * Source: B. Dolan-Gavitt, "Decrypting LSA Secrets" (2008); [MS-LSAD] 5.1.2 (DES with a session key); for 6.0 and later the
 * public description in "creddump" and "Passcape: LSA secrets" (layout LSA_SECRET: version, key, algorithm, flags, data).
 */
import { createHash } from 'node:crypto';
import { u32 } from '../../../core/bytes.js';
import type { RegistryKey } from '../../../formats/regf/registry-key.js';
import { aesDecryptBlocks, desDecrypt, rc4 } from './ciphers.js';

export interface LsaSecret {
  readonly name: string;
  readonly lastWritten: bigint;
  /** Undefined where it cannot be unwrapped. */
  readonly data: Uint8Array | undefined;
}

const ROUNDS = 1000;
/** LSA_SECRET: what stands before the salt, the salt, and in the clear text the length and what stands before it. */
const HEAD = 28;
const SALT = 32;
const CLEAR_HEAD = 16;
/** Where in the clear text of the list of keys the one key is. */
const LIST_KEY = 52;

/** The key of all secrets; its generation tells how they are wrapped. */
export interface LsaKey {
  readonly key: Uint8Array;
  readonly isModern: boolean;
}

/** @param root root of the SECURITY hive */
export function lsaKey(root: RegistryKey, boot: Uint8Array): LsaKey | undefined {
  const modern = root.below('Policy\\PolEKList')?.value('')?.data;
  if (modern !== undefined) {
    const clear = modernSecret(modern, boot);
    return clear && clear.length >= LIST_KEY + 32
      ? { key: clear.subarray(LIST_KEY, LIST_KEY + 32), isModern: true }
      : undefined;
  }
  const old = root.below('Policy\\PolSecretEncryptionKey')?.value('')?.data;
  if (old === undefined || old.length < 76) return undefined;
  const hash = createHash('md5').update(boot);
  for (let round = 0; round < ROUNDS; round++) hash.update(old.subarray(60, 76));
  return { key: rc4(hash.digest(), old.subarray(12, 60)).subarray(16, 32), isModern: false };
}

/** The secrets in the order of their names. */
export function* lsaSecrets(root: RegistryKey, { key, isModern }: LsaKey): Generator<LsaSecret> {
  for (const secret of root.below('Policy\\Secrets')?.subkeys() ?? []) {
    const current = secret.subkey('CurrVal');
    const kept = current?.value('')?.data;
    if (current === undefined || kept === undefined || kept.length === 0) continue;
    const data = isModern ? modernSecret(kept, key) : oldSecret(kept, key);
    yield { name: secret.name, lastWritten: current.lastWritten, data };
  }
}

function modernSecret(kept: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (kept.length < HEAD + SALT + CLEAR_HEAD) return undefined;
  const hash = createHash('sha256').update(key);
  for (let round = 0; round < ROUNDS; round++) hash.update(kept.subarray(HEAD, HEAD + SALT));
  const clear = aesDecryptBlocks(hash.digest(), kept.subarray(HEAD + SALT));
  const length = u32(clear, 0);
  return length > clear.length - CLEAR_HEAD ? undefined : clear.subarray(CLEAR_HEAD, CLEAR_HEAD + length);
}

/** DES block by block, the key's bytes taken seven at a time, over and over. */
function oldSecret(kept: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const data = kept.subarray(12);
  const blocks: Uint8Array[] = [];
  let at = 0;
  for (let block = 0; block + 8 <= data.length; block += 8) {
    blocks.push(desDecrypt(key.subarray(at, at + 7), data.subarray(block, block + 8)));
    at += 7;
    // What is left is too short for a key: from its own remainder on again.
    if (key.length - at < 7) at = key.length - at;
  }
  const clear = Buffer.concat(blocks);
  if (clear.length < 8) return undefined;
  const length = u32(clear, 0);
  return length > clear.length - 8 ? undefined : clear.subarray(8, 8 + length);
}
