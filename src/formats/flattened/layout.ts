/**
 * makedumpfile's flattened format: a dump file as a stream of (offset, length, bytes), for pipes.
 * Source: makedumpfile.h (`makedumpfile_header`, `makedumpfile_data_header`); QEMU writes the same
 * (dump/dump.c, `write_start_flat_header`). Big-endian on every machine.
 */
import { struct, text, u64n } from '../struct-layout.js';

export const FLATTENED_SIGNATURE = 'makedumpfile';
export const FLATTENED_TYPE = 1;
/** The header is padded to this length. */
export const FLATTENED_HEADER_SIZE = 4096;

export const flattenedHeader = struct({ signature: text(16), type: u64n, version: u64n }, 'big');

/** One before each piece of data; a negative offset ends the file. */
export const flattenedPiece = struct({ offset: u64n, length: u64n }, 'big');
