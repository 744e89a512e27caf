/**
 * What a memory format and a container have to offer to be opened: one row each in `format-table.ts` and
 * `containers/container-table.ts`.
 */
import type { ByteSource } from './byte-source.js';
import type { ImageParts } from './image/image-memory.js';

/** Choices of the caller; all have defaults. */
export interface OpenOptions {
  /** Name of a format of the table, to skip detection: `raw` opens anything. */
  readonly format?: string;
  /** Upper bound of the page cache in bytes; 64 MiB unless told. */
  readonly cacheBytes?: number;
  /** Folder for the temporary file that a compressed image is unpacked into; the system's unless told. */
  readonly temporaryFolder?: string;
  /** Largest unpacked size in bytes; see `containers/spool.ts` for the default. */
  readonly maxUnpackedBytes?: number;
  /** Name of the snapshot to read from a disk image that holds several; the newest unless told. */
  readonly snapshot?: string;
  /** Called now and then while a compressed image is unpacked: bytes of the file consumed, of how many. */
  readonly onUnpack?: (done: number, total: number) => void;
  /** Stops unpacking; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a format's `open` gets to know beside the bytes. */
export interface OpenContext {
  readonly options: OpenOptions;
  /** Path of the file that the user named; formats that keep memory in a second file look beside it. */
  readonly path: string;
}

/** How many bytes of a file's beginning `detect` gets to see (fewer when the file is shorter). */
export const HEAD_BYTES = 64 * 1024;

export interface MemoryFormat {
  /** Short name, as in `--format`. */
  readonly name: string;
  /** Whether these are the first bytes of such a file. Must be quick and must not throw. */
  detect(head: Uint8Array, source: ByteSource): boolean;
  /**
   * Understands the file and says what memory is in it. The caller closes `source`, after `close` of the parts.
   * @throws UserError when nothing can be made of it.
   */
  open(source: ByteSource, context: OpenContext): ImageParts | Promise<ImageParts>;
}

/** What is inside a container, and what its reader had to say. */
export interface Unwrapped {
  /** Closing it closes the container's own source too. */
  readonly source: ByteSource;
  readonly notes?: readonly string[];
}

/** Something that a memory image can be wrapped in. */
export interface Container {
  readonly name: string;
  /** As `MemoryFormat.detect`. */
  detect(head: Uint8Array, source: ByteSource): boolean;
  /**
   * Gives random access to the contents. May take long; watches `context.options.signal`.
   * @throws UserError when there is nothing inside; `source` is then still the caller's to close.
   */
  open(source: ByteSource, context: OpenContext): Unwrapped | Promise<Unwrapped>;
}
