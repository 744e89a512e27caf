/**
 * The ciphers that NT keeps secrets with, old ones included: what OpenSSL 3 no longer offers by default is had otherwise.
 * Sources: RFC 6229 (RC4's test vectors); [MS-SAMR] 2.2.11.1.1 and 2.2.11.1.2 (DES with keys of seven bytes).
 */
import { createDecipheriv } from 'node:crypto';

/** RC4, both ways. */
export function rc4(key: Uint8Array, data: Uint8Array): Uint8Array {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const swap = (a: number, b: number) => {
    const kept = state[a] as number;
    state[a] = state[b] as number;
    state[b] = kept;
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + (state[i] as number) + (key[i % key.length] as number)) & 0xff;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return data.map((byte) => {
    i = (i + 1) & 0xff;
    j = (j + (state[i] as number)) & 0xff;
    swap(i, j);
    return byte ^ (state[((state[i] as number) + (state[j] as number)) & 0xff] as number);
  });
}

/** DES of one block of eight bytes with a key of seven. Three times the same key is one time. */
export function desDecrypt(key: Uint8Array, block: Uint8Array): Uint8Array {
  const wide = spread(key);
  const cipher = createDecipheriv('des-ede3-ecb', Buffer.concat([wide, wide, wide]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** Seven bytes as eight with a parity bit, which nobody looks at, below each seven bits. */
function spread(key: Uint8Array): Uint8Array {
  let bits = 0n;
  for (const byte of key.subarray(0, 7)) bits = (bits << 8n) | BigInt(byte);
  return Uint8Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(49 - index * 7)) & 0x7fn) << 1);
}

/** AES in CBC without padding; data that does not fill its last block is cut. */
export function aesDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const whole = data.subarray(0, data.length & ~15);
  const cipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(whole), cipher.final()]);
}

/** AES of each block by itself. */
export function aesDecryptBlocks(key: Uint8Array, data: Uint8Array): Uint8Array {
  const whole = data.subarray(0, data.length & ~15);
  const cipher = createDecipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(whole), cipher.final()]);
}
