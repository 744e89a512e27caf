/**
 * The headers of one portable executable as the loader lays it out: addresses in it are RVAs.
 *
 * For images in guest memory above all, so that any part may be missing. What the directories hold is read by
 * `exports.ts` and `pdb-record.ts`.
 */
import { u16, u32 } from '../../core/bytes.js';
import type { LayoutValue } from '../struct-layout.js';
import {
  coffHeader,
  DOS_MAGIC,
  DOS_NEW_HEADER,
  dataDirectory,
  machine,
  optionalHeader32,
  optionalHeader64,
  optionalMagic,
  PE_SIGNATURE,
  sectionHeader,
} from './layout.js';

/** Up to `length` bytes of the image from `rva` on: the readable prefix. */
export type RvaReader = (rva: number, length: number) => Uint8Array;

/** Headers that start later than this are no headers: the loader maps the first page of the file. */
const MAX_HEADER_OFFSET = 4096;
const HEADER_BYTES = 4096;
/** The loader refuses more sections. */
const MAX_SECTIONS = 96;
const MAX_DIRECTORIES = 16;

export type PeSection = LayoutValue<typeof sectionHeader>;
export type PeDirectory = LayoutValue<typeof dataDirectory>;

export interface PeHeaders {
  readonly machine: number;
  /** When it was linked, seconds since 1970; in reproducible builds a hash. */
  readonly timestamp: number;
  /** Bytes that the loaded image takes. */
  readonly imageSize: number;
  /** Bytes of headers at the beginning of file and image. */
  readonly headersSize: number;
  readonly imageBase: bigint;
  readonly entryPoint: number;
  readonly checksum: number;
  readonly is64Bit: boolean;
  readonly sections: readonly PeSection[];
  readonly directories: readonly PeDirectory[];
}

export class PeImage {
  readonly headers: PeHeaders;
  readonly #read: RvaReader;

  private constructor(headers: PeHeaders, read: RvaReader) {
    this.headers = headers;
    this.#read = read;
  }

  /** The image whose bytes `read` gives; undefined when there are no x86 PE headers at its beginning. */
  static open(read: RvaReader): PeImage | undefined {
    const dos = read(0, DOS_NEW_HEADER + 4);
    if (dos.length < DOS_NEW_HEADER + 4 || u16(dos, 0) !== DOS_MAGIC) return undefined;
    const at = u32(dos, DOS_NEW_HEADER);
    if (at < DOS_NEW_HEADER || at > MAX_HEADER_OFFSET) return undefined;
    const headers = readHeaders(read(at, HEADER_BYTES));
    return headers && new PeImage(headers, read);
  }

  /** Up to `length` bytes at `rva`, never beyond the image. */
  bytes(rva: number, length: number): Uint8Array {
    const { imageSize } = this.headers;
    return rva >= imageSize ? new Uint8Array(0) : this.#read(rva, Math.min(length, imageSize - rva));
  }

  /** One of `directoryIndex`; undefined when the image has none or it lies outside. */
  directory(index: number): PeDirectory | undefined {
    const directory = this.headers.directories[index];
    if (directory === undefined || directory.rva === 0 || directory.size === 0) return undefined;
    return directory.rva < this.headers.imageSize ? directory : undefined;
  }
}

function readHeaders(bytes: Uint8Array): PeHeaders | undefined {
  const coff = coffHeader.decode(bytes);
  if (coff === undefined || coff.signature !== PE_SIGNATURE || bytes.length < coffHeader.size + 2) return undefined;
  const is64Bit = u16(bytes, coffHeader.size) === optionalMagic.pe32Plus;
  if (coff.machine !== (is64Bit ? machine.amd64 : machine.i386)) return undefined;
  const layout = is64Bit ? optionalHeader64 : optionalHeader32;
  const optional = layout.decode(bytes, coffHeader.size);
  if (optional === undefined) return undefined;
  const directories = table(
    bytes,
    coffHeader.size + layout.size,
    optional.directoryCount,
    MAX_DIRECTORIES,
    dataDirectory,
  );
  const sectionsAt = coffHeader.size + coff.optionalHeaderSize;
  return {
    machine: coff.machine,
    timestamp: coff.timestamp,
    imageSize: optional.imageSize,
    headersSize: optional.headersSize,
    imageBase: optional.imageBase,
    entryPoint: optional.entryPoint,
    checksum: optional.checksum,
    is64Bit,
    sections: table(bytes, sectionsAt, coff.sectionCount, MAX_SECTIONS, sectionHeader),
    directories,
  };
}

/** `count` structures from `start` on, at most `limit`, as far as there are bytes. */
function table<T>(
  bytes: Uint8Array,
  start: number,
  count: number,
  limit: number,
  layout: { readonly size: number; decode(bytes: Uint8Array, offset?: number): T | undefined },
): T[] {
  const out: T[] = [];
  for (let index = 0; index < Math.min(count, limit); index++) {
    const one = layout.decode(bytes, start + index * layout.size);
    if (one === undefined) break;
    out.push(one);
  }
  return out;
}
