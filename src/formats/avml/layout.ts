/**
 * AVML's compressed format: LiME's header with another magic and version, a snappy frame stream, and its length.
 * Sources: AVML src/image.rs and src/io/snappy.rs; snappy framing_format.txt, sections 2 and 4.
 */
import { struct, u32, u64n } from '../struct-layout.js';

/** "AVML" in the file. */
export const AVML_MAGIC = 0x4c4d5641;
export const AVML_VERSION = 2;

export const avmlHeader = struct({ magic: u32, version: u32, start: u64n, last: u64n, reserved: u64n });

/** The length of the compressed stream follows it. */
export const AVML_TRAILER_SIZE = 8;

/** Chunk types of the snappy frame format; each has a length of 24 bits, which does not count these four bytes. */
export const snappyChunk = { compressed: 0x00, stored: 0x01, identifier: 0xff } as const;
export const CHUNK_HEADER_SIZE = 4;
/** CRC-32C before the data of both data chunks. */
export const CHUNK_CHECKSUM_SIZE = 4;
/** No data chunk holds more. */
export const MAX_CHUNK_BYTES = 65536;
/** Chunk types below this that are not known must not be skipped. */
export const FIRST_SKIPPABLE = 0x80;
