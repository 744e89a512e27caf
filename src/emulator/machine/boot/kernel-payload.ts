/**
 * The compressed kernel inside a bzImage: which format it is, and unpacking it on the host, where that costs a second
 * instead of several thousand million guest instructions.
 *
 * Decompressors are handed in, so that this side knows formats and no libraries.
 */
import { u32 } from '../../../core/bytes.js';
import { UserError } from '../../../core/errors.js';

export type PayloadFormat = 'gzip' | 'bzip2' | 'lzma' | 'xz' | 'lzo' | 'lz4' | 'zstd';

/** Magic numbers (Linux, lib/decompress.c and arch/x86/boot/compressed). */
const MAGICS: readonly (readonly [PayloadFormat, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Unpacks `data` to exactly `size` bytes; throws anything when it cannot. */
export type Decompressor = (data: Uint8Array, size: number) => Uint8Array;
export type Decompressors = Readonly<Partial<Record<PayloadFormat, Decompressor>>>;

export function payloadFormat(payload: Uint8Array): PayloadFormat | undefined {
  return MAGICS.find(([, magic]) => magic.every((byte, i) => payload[i] === byte))?.[0];
}

/** Kernels are some tens of MiB; a damaged size must not take the host's memory. */
const SIZE_MOST = 1 << 29;

/**
 * The kernel that `payload` holds. The build appends the unpacked size as 32 bits (Linux, scripts/Makefile.lib,
 * "size_append"); gzip ends in it by itself.
 * @throws UserError when the format is unknown, has no decompressor, or the data are damaged.
 */
export function unpackPayload(payload: Uint8Array, decompressors: Decompressors): Uint8Array {
  const format = payloadFormat(payload);
  if (format === undefined) {
    throw new UserError('the compression of the kernel image is unknown', 'boot it with --boot linux');
  }
  const decompress = decompressors[format];
  if (decompress === undefined) {
    throw new UserError(`kernels compressed with ${format} cannot be unpacked here`, 'boot it with --boot linux');
  }
  const size = u32(payload, payload.length - 4);
  if (size === 0 || size > SIZE_MOST) throw new UserError('the kernel image is damaged', 'fetch it again');
  const data = format === 'gzip' ? payload : payload.subarray(0, payload.length - 4);
  const kernel = decompress(data, size);
  if (kernel.length !== size) {
    throw new UserError(`the kernel unpacks to ${kernel.length} bytes instead of ${size}`, 'fetch it again');
  }
  return kernel;
}
