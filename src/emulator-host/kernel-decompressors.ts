/** The decompressors that kernel images need, by format: libraries where good ones exist, our own codecs otherwise. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '../core/errors.js';
import { type Decompressor, type Decompressors, payloadFormat } from '../emulator/machine/boot/kernel-payload.js';
import { isBzImage, readLinuxSetup } from '../emulator/machine/boot/linux-setup.js';
import { lz4LegacyDecompress } from '../formats/codecs/lz4.js';
import { lzmaDecompress } from '../formats/codecs/lzma.js';
import { lzopDecompress } from '../formats/codecs/lzop.js';
import { xzDecompress } from '../formats/codecs/xz-block.js';
import { loadZstdPageDecoder } from '../formats/codecs/zstd-decoder.js';
import type { Blobs } from './blobs.js';

/** Our codecs fill an array and answer -1 for damaged data. */
const filling =
  (format: string, decode: (input: Uint8Array, output: Uint8Array) => number): Decompressor =>
  (data, size) => {
    const output = new Uint8Array(size);
    const written = decode(data, output);
    if (written < 0) throw damaged(format);
    return output.subarray(0, written);
  };

/** Libraries throw errors of their own. */
const throwing =
  (format: string, decode: Decompressor): Decompressor =>
  (data, size) => {
    try {
      return decode(data, size);
    } catch (cause) {
      throw damaged(format, cause);
    }
  };

function damaged(format: string, cause?: unknown): UserError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new UserError(`the ${format} data of the kernel image is damaged${reason}`, 'fetch it again');
}

/**
 * What a slow codec made of a kernel, for the next boot: an XZ kernel takes two seconds, its gzip form a fifth of one.
 */
const remembered =
  (format: string, blobs: Blobs | undefined, decode: Decompressor): Decompressor =>
  (data, size) => {
    if (blobs?.isOn !== true) return decode(data, size);
    const key = `unpacked kernel: ${format} ${size} ${createHash('sha1').update(data).digest('hex')}`;
    const known = blobs.get(key);
    if (known !== undefined) return gunzipSync(known, { maxOutputLength: size });
    const unpacked = decode(data, size);
    blobs.put(key, gzipSync(unpacked, { level: 1 }));
    return unpacked;
  };

/**
 * Ready to use; the zstd library has to be compiled first, which is left out where it is not needed.
 * @param blobs remembers what took long
 * @param kernel the file that they are for; undefined for any
 */
export async function loadKernelDecompressors(blobs?: Blobs, kernel?: Uint8Array): Promise<Decompressors> {
  return {
    gzip: throwing('gzip', (data, size) => gunzipSync(data, { maxOutputLength: size })),
    ...(mayBeZstd(kernel) && { zstd: throwing('zstd', await loadZstdPageDecoder()) }),
    xz: remembered('xz', blobs, filling('xz', xzDecompress)),
    lzma: remembered('lzma', blobs, filling('lzma', lzmaDecompress)),
    lzo: filling('lzo', lzopDecompress),
    lz4: filling('lz4', lz4LegacyDecompress),
  };
}

function mayBeZstd(kernel: Uint8Array | undefined): boolean {
  if (kernel === undefined) return true;
  return isBzImage(kernel) && payloadFormat(readLinuxSetup(kernel).payload) === 'zstd';
}
