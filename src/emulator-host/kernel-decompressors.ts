/** The decompressors that kernel images need, by format: libraries where good ones exist, our own codecs otherwise. */
import { gunzipSync } from 'fflate';
import { decompress as unzstd } from 'fzstd';
import { UserError } from '../core/errors.js';
import type { Decompressor, Decompressors } from '../emulator/machine/boot/kernel-payload.js';
import { lz4LegacyDecompress } from '../formats/codecs/lz4.js';
import { lzmaDecompress } from '../formats/codecs/lzma.js';
import { lzopDecompress } from '../formats/codecs/lzop.js';
import { xzDecompress } from '../formats/codecs/xz-block.js';

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
  (format: string, decode: (data: Uint8Array, size: number) => Uint8Array): Decompressor =>
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

export const KERNEL_DECOMPRESSORS: Decompressors = {
  gzip: throwing('gzip', (data, size) => gunzipSync(data, { out: new Uint8Array(size) })),
  zstd: throwing('zstd', (data, size) => unzstd(data, new Uint8Array(size))),
  xz: filling('xz', xzDecompress),
  lzma: filling('lzma', lzmaDecompress),
  lzo: filling('lzo', lzopDecompress),
  lz4: filling('lz4', lz4LegacyDecompress),
};
