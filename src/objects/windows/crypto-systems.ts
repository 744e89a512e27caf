/**
 * The table of Kerberos encryption systems in cryptdll.dll, whose routines the "skeleton key" exchanges in lsass.
 *
 * Found by its contents: an entry begins with a number of an encryption type and leads to routines of the library.
 * Source: [MS-KILE] and RFC 3961 for the numbers; KERB_ECRYPT as public in Microsoft's NTSecPKG.h and in Wine's headers.
 */
import { u32, u64 } from '../../core/bytes.js';
import type { AddressSpace } from '../../memory/address-space.js';
import { mappedImage, sectionPages } from './mapped-image.js';

export interface CryptoSystem {
  readonly encryptionType: number;
  readonly name: string | undefined;
  readonly initialize: bigint;
  readonly decrypt: bigint;
  readonly finish: bigint;
  readonly offset: bigint;
}

export const ENCRYPTION_TYPES: Readonly<Record<number, string>> = {
  1: 'des-cbc-crc',
  3: 'des-cbc-md5',
  17: 'aes128-cts-hmac-sha1-96',
  18: 'aes256-cts-hmac-sha1-96',
  23: 'rc4-hmac',
  24: 'rc4-hmac-exp',
};
const BLOCK_SIZES = [1, 8, 16];

/** The entries in the data of the library at `base`. */
export function* cryptoSystems(space: AddressSpace, base: bigint): Generator<CryptoSystem> {
  const image = mappedImage(space, base);
  if (image === undefined) return;
  const { pointerSize } = space;
  // Seven words of 32 bits, then pointers: name, initialize, encrypt, decrypt, finish.
  const pointers = pointerSize === 8 ? 32 : 28;
  const length = pointers + 5 * pointerSize;
  const end = base + BigInt(image.headers.imageSize);
  const isInside = (address: bigint) => address >= base && address < end;
  for (const page of sectionPages(space, base, image, length)) {
    const { bytes } = page;
    for (let at = 0; at < page.length && at + length <= bytes.length; at += pointerSize) {
      const encryptionType = u32(bytes, at);
      if (!Object.hasOwn(ENCRYPTION_TYPES, encryptionType) || !BLOCK_SIZES.includes(u32(bytes, at + 4))) continue;
      const pointer = (index: number) => {
        const place = at + pointers + index * pointerSize;
        return pointerSize === 8 ? u64(bytes, place) : BigInt(u32(bytes, place));
      };
      // The routine that encrypts and the name are left alone; the others are what is exchanged.
      if (!isInside(pointer(0)) || !isInside(pointer(2))) continue;
      yield {
        encryptionType,
        name: ENCRYPTION_TYPES[encryptionType],
        initialize: pointer(1),
        decrypt: pointer(3),
        finish: pointer(4),
        offset: page.address + BigInt(at),
      };
      // The type that may be exported stands inside of an entry, before a key's length that may look like a block's.
      at += length - pointerSize;
    }
  }
}
