/**
 * Random access to compressed images: the contents are unpacked once into a private temporary file, zeros as holes.
 *
 * The file loses its name as soon as it is open, so nobody else can read it and no exit, however sudden, leaves it
 * behind. Why not an index into the compressed data: docs/decisions/compressed-images.md.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, statfsSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvariantError, UserError } from '../../core/errors.js';
import type { ByteSource } from '../byte-source.js';
import type { OpenOptions, Unwrapped } from '../format.js';
import { SparseFileSink } from '../sinks/sparse-file-sink.js';
import { descriptorSource } from '../sources/file-source.js';

/** More memory than any machine that is dumped into one compressed file; stops decompression bombs. */
const DEFAULT_MAX_BYTES = 256 * 2 ** 30;
/** Room that is always left on the disk. */
const RESERVE_BYTES = 512 * 2 ** 20;

/** /tmp is often kept in memory, /var/tmp is not; a folder that the user chose goes first. */
function temporaryFolder(options: OpenOptions): string {
  if (options.temporaryFolder !== undefined) return options.temporaryFolder;
  return process.env.TMPDIR === undefined && existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

function openNameless(folder: string): number {
  const path = join(folder, `memlapse-${randomBytes(8).toString('hex')}.unpacked`);
  try {
    const fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return fd;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UserError(`${folder}: no temporary file can be made there (${code})`, 'set TMPDIR to a folder with room');
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function isOurs(cause: unknown, signal: AbortSignal | undefined): boolean {
  return cause instanceof UserError || cause instanceof InvariantError || signal?.aborted === true;
}

/**
 * Unpacks `contents` and gives random access to it.
 * @param contents decompressed pieces; when it throws, what came before is kept and a note says so.
 * @param kind "gzip", for messages.
 * @throws UserError when nothing could be unpacked, the contents are larger than allowed, or the disk is full.
 */
export async function spool(
  source: ByteSource,
  kind: string,
  contents: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<Unwrapped> {
  const folder = temporaryFolder(options);
  const limit = options.maxUnpackedBytes ?? DEFAULT_MAX_BYTES;
  const fd = openNameless(folder);
  const sink = new SparseFileSink(fd, folder);
  const room = freeBytes(folder) - RESERVE_BYTES;
  const notes: string[] = [];
  try {
    try {
      for await (const piece of contents) {
        options.signal?.throwIfAborted();
        if (sink.position + piece.length > limit)
          throw new UserError(
            `${source.name}: unpacks to more than ${limit} bytes`,
            `unpack it with ${kind} -d if that is right, and open the result`,
          );
        sink.write(piece);
        if (sink.stored > room)
          throw new UserError(
            `${folder}: not enough room to unpack ${source.name}`,
            'set TMPDIR to a folder with room',
          );
      }
    } catch (cause) {
      if (isOurs(cause, options.signal)) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (sink.position === 0)
        throw new UserError(
          `${source.name}: is not valid ${kind} data (${reason})`,
          `try a copy that is whole, or unpack it with ${kind} -d`,
        );
      notes.push(`the ${kind} data is damaged or truncated after ${sink.position} unpacked bytes (${reason})`);
    }
    if (sink.position === 0)
      throw new UserError(`${source.name}: nothing is inside the ${kind} data`, 'check that the acquisition finished');
    sink.finish();
  } catch (cause) {
    closeSync(fd);
    throw cause;
  }
  const unpacked = descriptorSource(fd, `${source.name} (inside ${kind})`, sink.position);
  return {
    notes,
    source: {
      ...unpacked,
      close() {
        unpacked.close();
        source.close();
      },
    },
  };
}
