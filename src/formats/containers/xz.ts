/**
 * Images inside xz (The .xz File Format, version 1.1.0).
 */
import xzDecompress from 'xz-decompress';
import { UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { Container, OpenOptions } from '../format.js';
import { compressedPieces } from './compressed-pieces.js';
import { spool } from './spool.js';

const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

/** What the decoder's error numbers mean (`enum xz_ret` of XZ Embedded's linux/include/linux/xz.h). */
const reasons: Readonly<Record<string, string>> = {
  3: 'out of memory',
  4: 'it takes more memory to unpack than is allowed',
  5: 'not the xz format',
  6: 'it uses a filter or a check that is not supported',
  7: 'corrupt data',
  8: 'unexpected end of file',
};

function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return reasons[/error code (\d+)/.exec(message)?.[1] ?? ''] ?? message;
}

async function* unxz(source: ByteSource, options: OpenOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const input = ReadableStream.from(compressedPieces(source, options));
  try {
    yield* new xzDecompress.XzReadableStream(input);
  } catch (cause) {
    if (cause instanceof UserError || options.signal?.aborted) throw cause;
    throw new Error(reasonOf(cause), { cause });
  }
}

export const xzContainer: Container = {
  name: 'xz',
  detect: (head) => XZ_MAGIC.every((byte, i) => head[i] === byte),
  open: (source, { options }) => spool(source, 'xz', unxz(source, options), options),
};
