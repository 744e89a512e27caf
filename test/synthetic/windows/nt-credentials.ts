/**
 * Hives with credentials of a synthetic NT guest: accounts, secrets and cached logons, wrapped as NT wraps them, by code that
 * shares nothing with what unwraps them. Old: 5.x (RC4, DES); new: since 10.0.14393 and 6.0 (AES).
 */
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { type HiveKeyTruth, hiveBytes } from '../../formats/builders/hive.js';

export interface CredentialTruth {
  readonly bootKey: string;
  readonly accounts: readonly {
    readonly rid: number;
    readonly name: string;
    readonly ntHash: string;
    readonly lmHash?: string;
  }[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly cached: readonly {
    readonly user: string;
    readonly domain: string;
    readonly dns: string;
    readonly hash: string;
  }[];
}

export const CREDENTIALS: CredentialTruth = {
  bootKey: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  accounts: [
    // The NT and LM hashes of "password", as in every textbook.
    {
      rid: 500,
      name: 'Administrator',
      ntHash: '8846f7eaee8fb117ad06bdd830b7586c',
      lmHash: 'e52cac67419a9a224a3b108f3fa6cb6d',
    },
    { rid: 1001, name: 'ann', ntHash: '0123456789abcdeffedcba9876543210' },
  ],
  secrets: { DefaultPassword: 'open sesame', _SC_backup: 'hunter2' },
  cached: [{ user: 'bob', domain: 'CORP', dns: 'corp.example.org', hash: '00112233445566778899aabbccddeeff' }],
};

const NLKM = Buffer.from(Array.from({ length: 64 }, (_, index) => (index * 37 + 11) & 0xff));
const SCRAMBLE = [8, 5, 4, 2, 11, 9, 13, 3, 0, 6, 1, 12, 14, 10, 15, 7];
const random = (seed: string, length: number) => createHash('sha512').update(seed).digest().subarray(0, length);

export type Generation = 'old' | 'new';

/** The key Control\Lsa, whose subkeys' classes are the boot key. */
export function lsaKeyTruth({ bootKey }: CredentialTruth): HiveKeyTruth {
  const plain = Buffer.from(bootKey, 'hex');
  const scrambled = Buffer.alloc(16);
  for (const [index, place] of SCRAMBLE.entries()) scrambled[place] = plain[index] as number;
  const hex = scrambled.toString('hex');
  const keys = ['JD', 'Skew1', 'GBG', 'Data'].map((name, index) => ({
    name,
    className: hex.slice(index * 8, index * 8 + 8),
  }));
  return { name: 'Lsa', keys };
}

export function samTruth(truth: CredentialTruth, generation: Generation): HiveKeyTruth {
  const boot = Buffer.from(truth.bootKey, 'hex');
  const hiveKey = random('hive key', 16);
  const f = Buffer.alloc(0xf0);
  f.writeUInt32LE(generation === 'new' ? 2 : 1, 0x68);
  if (generation === 'new') {
    const salt = random('salt', 16);
    f.set(salt, 0x78);
    f.set(aes(boot, salt, hiveKey), 0x88);
  } else {
    const salt = random('salt', 16);
    f.set(salt, 0x70);
    const qwerty = '!@#$%^&*()qwertyUIOPAzxcvbnmQQQQQQQQQQQQ)(*@&%\0';
    const digits = '0123456789012345678901234567890123456789\0';
    const key = md5(salt, Buffer.from(qwerty), boot, Buffer.from(digits));
    f.set(rc4Reference(key, Buffer.concat([hiveKey, md5(hiveKey)])), 0x80);
  }
  const users = truth.accounts.map(({ rid, name, ntHash, lmHash }) => {
    const parts: Buffer[] = [];
    const v = Buffer.alloc(0xcc);
    const add = (entry: number, bytes: Buffer) => {
      v.writeUInt32LE(
        parts.reduce((sum, part) => sum + part.length, 0),
        entry,
      );
      v.writeUInt32LE(bytes.length, entry + 4);
      parts.push(bytes);
    };
    add(0x0c, Buffer.from(name, 'utf16le'));
    add(0x9c, wrapHash(lmHash, hiveKey, rid, 'LMPASSWORD\0', generation));
    add(0xa8, wrapHash(ntHash, hiveKey, rid, 'NTPASSWORD\0', generation));
    const key = rid.toString(16).toUpperCase().padStart(8, '0');
    return { name: key, values: { V: hiveBytes(Buffer.concat([v, ...parts])) } };
  });
  const account = {
    name: 'Account',
    values: { F: hiveBytes(f) },
    keys: [{ name: 'Users', keys: [...users, { name: 'Names' }] }],
  };
  return { name: 'SAM', keys: [{ name: 'SAM', keys: [{ name: 'Domains', keys: [account] }] }] };
}

function wrapHash(hash: string | undefined, key: Buffer, rid: number, purpose: string, generation: Generation): Buffer {
  const head = Buffer.from([1, 0, generation === 'new' ? 2 : 1, 0]);
  if (hash === undefined) return generation === 'new' ? Buffer.concat([head, Buffer.alloc(20)]) : head;
  const plain = Buffer.from(hash, 'hex');
  const r = Buffer.alloc(4);
  r.writeUInt32LE(rid);
  const [a, b, c, d] = r as unknown as [number, number, number, number];
  const wrapped = Buffer.concat([
    des(Buffer.from([a, b, c, d, a, b, c]), plain.subarray(0, 8)),
    des(Buffer.from([d, a, b, c, d, a, b]), plain.subarray(8)),
  ]);
  if (generation === 'old') return Buffer.concat([head, rc4Reference(md5(key, r, Buffer.from(purpose)), wrapped)]);
  const salt = random(`salt of ${rid} ${purpose}`, 16);
  const offset = Buffer.from([0, 0, 0, 0]);
  return Buffer.concat([head, offset, salt, aes(key, salt, wrapped)]);
}

export function securityTruth(truth: CredentialTruth, generation: Generation): HiveKeyTruth {
  const boot = Buffer.from(truth.bootKey, 'hex');
  const key = random('lsa key', generation === 'new' ? 32 : 16);
  const wrap = (data: Buffer) => (generation === 'new' ? modern(data, key) : oldSecret(data, key));
  const secret = (name: string, data: Buffer) => ({
    name,
    keys: [{ name: 'CurrVal', lastWritten: 133_541_000_000_000_000n, values: { '': hiveBytes(wrap(data), 0) } }],
  });
  const secrets = Object.entries(truth.secrets).map(([name, text]) => secret(name, Buffer.from(text, 'utf16le')));
  const policy =
    generation === 'new'
      ? {
          name: 'PolEKList',
          values: { '': hiveBytes(modern(Buffer.concat([Buffer.alloc(52), key, Buffer.alloc(12)]), boot), 0) },
        }
      : { name: 'PolSecretEncryptionKey', values: { '': hiveBytes(oldKey(key, boot), 0) } };
  const cached = truth.cached.map(
    (logon, index) => [`NL$${index + 1}`, hiveBytes(cachedEntry(logon, generation))] as const,
  );
  return {
    name: 'SECURITY',
    keys: [
      {
        name: 'Cache',
        values: Object.fromEntries([
          ['NL$Control', hiveBytes(Buffer.alloc(8))],
          ...cached,
          ['NL$9', hiveBytes(Buffer.alloc(168))],
        ]),
      },
      { name: 'Policy', keys: [policy, { name: 'Secrets', keys: [...secrets, secret('NL$KM', NLKM)] }] },
    ],
  };
}

function modern(data: Buffer, key: Buffer): Buffer {
  const salt = random('lsa salt', 32);
  const hash = createHash('sha256').update(key);
  for (let round = 0; round < 1000; round++) hash.update(salt);
  const clear = Buffer.alloc(16 + Math.ceil((data.length + 16) / 16) * 16 - 16 + 16);
  clear.writeUInt32LE(data.length, 0);
  clear.set(data, 16);
  const cipher = createCipheriv('aes-256-ecb', hash.digest(), null).setAutoPadding(false);
  return Buffer.concat([Buffer.alloc(28), salt, cipher.update(clear), cipher.final()]);
}

function oldKey(key: Buffer, boot: Buffer): Buffer {
  const salt = random('old salt', 16);
  const hash = createHash('md5').update(boot);
  for (let round = 0; round < 1000; round++) hash.update(salt);
  const clear = Buffer.concat([Buffer.alloc(16), key, Buffer.alloc(16)]);
  return Buffer.concat([Buffer.alloc(12), rc4Reference(hash.digest(), clear), salt]);
}

/** SystemFunction004: blocks under the key's bytes seven by seven; from the remainder's length on when they run out. */
function oldSecret(data: Buffer, key: Buffer): Buffer {
  const clear = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8);
  clear.writeUInt32LE(data.length, 0);
  clear.set(data, 8);
  const blocks: Buffer[] = [];
  for (let block = 0, at = 0; block < clear.length; block += 8) {
    blocks.push(des(key.subarray(at, at + 7), clear.subarray(block, block + 8)));
    at = key.length - (at + 7) < 7 ? key.length - (at + 7) : at + 7;
  }
  return Buffer.concat([Buffer.alloc(12), ...blocks]);
}

function cachedEntry({ user, domain, dns, hash }: CredentialTruth['cached'][number], generation: Generation): Buffer {
  const head = Buffer.alloc(96);
  const texts = [user, domain, dns].map((text) => Buffer.from(text, 'utf16le'));
  head.writeUInt16LE(texts[0]!.length, 0);
  head.writeUInt16LE(texts[1]!.length, 2);
  head.writeUInt16LE(texts[2]!.length, 60);
  const vector = random('vector', 16);
  head.set(vector, 64);
  const padded = texts.map((text) => Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4)]));
  const clear = Buffer.concat([Buffer.from(hash, 'hex'), Buffer.alloc(56), ...padded]);
  const whole = Buffer.concat([clear, Buffer.alloc((16 - (clear.length % 16)) % 16)]);
  if (generation === 'new') return Buffer.concat([head, aes(NLKM.subarray(16, 32), vector, whole)]);
  return Buffer.concat([head, rc4Reference(createHmac('md5', NLKM).update(vector).digest(), whole)]);
}

function aes(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

function md5(...parts: Buffer[]): Buffer {
  return createHash('md5').update(Buffer.concat(parts)).digest();
}

/** DES under seven bytes: each seven bits of them make one byte. */
function des(key: Buffer, block: Buffer): Buffer {
  const bits = [...key].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const wide = Buffer.from((bits.match(/.{7}/g) ?? []).map((seven) => Number.parseInt(`${seven}0`, 2)));
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([wide, wide, wide]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** RC4 written another way than in src: the state as a list, from the description in RFC 7465's references. */
function rc4Reference(key: Buffer, data: Buffer): Buffer {
  const s = [...Array(256).keys()];
  let j = 0;
  for (const [i] of s.entries()) {
    j = (j + s[i]! + key[i % key.length]!) % 256;
    [s[i], s[j]] = [s[j]!, s[i]!];
  }
  let i = 0;
  j = 0;
  return Buffer.from(
    [...data].map((byte) => {
      i = (i + 1) % 256;
      j = (j + s[i]!) % 256;
      [s[i], s[j]] = [s[j]!, s[i]!];
      return byte ^ s[(s[i]! + s[j]!) % 256]!;
    }),
  );
}
