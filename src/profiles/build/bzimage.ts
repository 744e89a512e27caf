/**
 * The kernel's ELF file inside of a bzImage (vmlinuz): stripped of symbols and DWARF, but with its .BTF section and
 * kallsyms.
 *
 * Source: Linux `Documentation/arch/x86/boot.rst` (offsets of the setup header, protocol 2.08 on), `lib/decompress.c`.
 */
import { gunzipSync } from 'node:zlib';
import { u8, u16, u32 } from '../../core/bytes.js';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../../formats/byte-source.js';
import { lz4LegacyDecompress } from '../../formats/codecs/lz4.js';
import { lzmaDecompress } from '../../formats/codecs/lzma.js';
import { lzopDecompress } from '../../formats/codecs/lzop.js';
import { xzDecompress } from '../../formats/codecs/xz-block.js';
import { loadZstdPageDecoder } from '../../formats/codecs/zstd-decoder.js';
import { bufferSource } from '../../formats/sources/buffer-source.js';
import { readBytes } from '../../formats/sources/read-bytes.js';

const SETUP = { sectors: 0x1f1, magic: 0x202, version: 0x206, payloadOffset: 0x248, payloadLength: 0x24c } as const;
const MAGIC = 0x53726448; // "HdrS"
const OLDEST_VERSION = 0x208;
const SECTOR = 512;
/** Kernels are some tens of MiB. */
const MAX_KERNEL = 512 * 1024 * 1024;

const GZIP = [0x1f, 0x8b];

type Unpack = (data: Uint8Array, size: number) => Uint8Array | Promise<Uint8Array>;

/** What a build can be set to compress the kernel with (bzip2 apart, which nobody uses), by its magic number. */
const PAYLOADS: readonly { readonly magic: readonly number[]; readonly unpack: Unpack }[] = [
  { magic: GZIP, unpack: (data, size) => gunzipSync(data, { maxOutputLength: size }) },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], unpack: filling(xzDecompress) },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: async (data, size) => (await loadZstdPageDecoder())(data, size) },
  { magic: [0x5d, 0x00, 0x00], unpack: filling(lzmaDecompress) },
  { magic: [0x89, 0x4c, 0x5a, 0x4f], unpack: filling(lzopDecompress) },
  { magic: [0x02, 0x21, 0x4c, 0x18], unpack: filling(lz4LegacyDecompress) },
];

export function isBzImage(head: Uint8Array): boolean {
  return head.length > SETUP.payloadLength + 4 && u32(head, SETUP.magic) === MAGIC;
}

/** The ELF file in the bzImage `source`. Throws `UserError` when it is too old, damaged, or packed in another way. */
export async function unpackBzImage(source: ByteSource): Promise<ByteSource> {
  const head = readBytes(source, 0, SECTOR * 2);
  if (u16(head, SETUP.version) < OLDEST_VERSION) {
    throw new UserError(`${source.name} is a kernel of before 2008`, 'give its vmlinux');
  }
  const sectors = (u8(head, SETUP.sectors) || 4) + 1;
  const start = sectors * SECTOR + u32(head, SETUP.payloadOffset);
  const payload = readBytes(source, start, u32(head, SETUP.payloadLength));
  const kind = PAYLOADS.find(({ magic }) => magic.every((byte, index) => payload[index] === byte));
  // The build appends the unpacked size; gzip ends in it by itself.
  const size = payload.length < 8 ? 0 : u32(payload, payload.length - 4);
  if (kind === undefined || size === 0 || size > MAX_KERNEL) {
    throw new UserError(`the kernel in ${source.name} is packed in an unknown way or damaged`, 'give its vmlinux');
  }
  const data = kind.magic === GZIP ? payload : payload.subarray(0, payload.length - 4);
  return bufferSource(await unpacked(source.name, kind.unpack, data, size), `kernel in ${source.name}`);
}

async function unpacked(name: string, unpack: Unpack, data: Uint8Array, size: number): Promise<Uint8Array> {
  let kernel: Uint8Array;
  try {
    kernel = await unpack(data, size);
  } catch (cause) {
    // Libraries throw errors of their own.
    throw damaged(name, (cause as Error).message);
  }
  if (kernel.length !== size) throw damaged(name, `${kernel.length} bytes instead of ${size}`);
  return kernel;
}

function damaged(name: string, reason: string): UserError {
  return new UserError(`the kernel in ${name} cannot be unpacked (${reason})`, 'fetch it again');
}

/** Our own codecs fill an array, and answer -1 for damaged data. */
function filling(decode: (input: Uint8Array, output: Uint8Array) => number): Unpack {
  return (data, size) => {
    const output = new Uint8Array(size);
    return output.subarray(0, Math.max(0, decode(data, output)));
  };
}
