/**
 * Where writers put a file: a stream of bytes and of zeros, in order. Not random access: every written format streams.
 */
export interface Sink {
  /** Appends `bytes`; they may be reused by the caller afterwards. */
  write(bytes: Uint8Array): void;
  /** Appends `length` zero bytes; a file gets a hole there. */
  skip(length: number): void;
}
