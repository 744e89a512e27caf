/** Tables inside of portable executables as the loader leaves them: imports with their addresses, and version resources. */
import type { PePart } from './pe-writer.js';

export interface ImportTruth {
  readonly library: string;
  readonly functions: readonly { readonly name?: string; readonly ordinal?: number; readonly address: bigint }[];
}

/** The import directory at `rva`, its names and filled slots behind it. 64-bit. */
export function importTable(rva: number, libraries: readonly ImportTruth[]): PePart {
  const bytes = Buffer.alloc(4096);
  let next = (libraries.length + 1) * 20;
  const take = (length: number) => {
    const at = next;
    next = Math.ceil((next + length) / 8) * 8;
    return at;
  };
  libraries.forEach(({ library, functions }, index) => {
    next = Math.ceil(next / 8) * 8;
    const names = take((functions.length + 1) * 8);
    const slots = take((functions.length + 1) * 8);
    functions.forEach(({ name, ordinal = 0, address }, place) => {
      let wanted = (1n << 63n) | BigInt(ordinal);
      if (name !== undefined) {
        // A hint of two bytes before it.
        const at = take(name.length + 3);
        bytes.write(name, at + 2, 'latin1');
        wanted = BigInt(rva + at);
      }
      bytes.writeBigUInt64LE(wanted, names + place * 8);
      bytes.writeBigUInt64LE(address, slots + place * 8);
    });
    const text = take(library.length + 1);
    bytes.write(library, text, 'latin1');
    const descriptor = [rva + names, 0, 0, rva + text, rva + slots];
    descriptor.forEach((word, place) => {
      bytes.writeUInt32LE(word, index * 20 + place * 4);
    });
  });
  return { rva, bytes: bytes.subarray(0, next) };
}

export interface VersionTruth {
  readonly file: readonly [number, number, number, number];
  readonly strings: Readonly<Record<string, string>>;
}

const RT_VERSION = 16;
const DIRECTORY = 0x8000_0000;
const LANGUAGE = '040904b0';

/** A resource directory at `rva` with one version resource. */
export function versionResource(rva: number, { file, strings }: VersionTruth): PePart {
  const info = versionInfo(file, strings);
  const head = Buffer.alloc(0x58);
  // Three directories of one entry each: type, name, language; then what the entry leads to.
  [
    [0x00, RT_VERSION, DIRECTORY | 0x18],
    [0x18, 1, DIRECTORY | 0x30],
    [0x30, 0x409, 0x48],
  ].forEach(([at = 0, name = 0, place = 0]) => {
    head.writeUInt16LE(1, at + 14);
    head.writeUInt32LE(name, at + 16);
    head.writeUInt32LE(place >>> 0, at + 20);
  });
  head.writeUInt32LE(rva + head.length, 0x48);
  head.writeUInt32LE(info.length, 0x4c);
  return { rva, bytes: Buffer.concat([head, info]) };
}

function versionInfo(file: VersionTruth['file'], strings: VersionTruth['strings']): Buffer {
  const [a, b, c, d] = file;
  const fixed = Buffer.alloc(52);
  [0xfeef_04bd, 0x1_0000, (a << 16) | b, (c << 16) | d, (a << 16) | b, (c << 16) | d].forEach((word, index) => {
    fixed.writeUInt32LE(word >>> 0, index * 4);
  });
  const texts = Object.entries(strings).map(([key, text]) => node(key, Buffer.from(`${text}\0`, 'utf16le'), true, []));
  const table = node(LANGUAGE, Buffer.alloc(0), true, texts);
  return node('VS_VERSION_INFO', fixed, false, [node('StringFileInfo', Buffer.alloc(0), true, [table])]);
}

/** Length, length of the value (in characters of text), kind, key; value and children at multiples of four. */
function node(key: string, value: Buffer, isText: boolean, children: readonly Buffer[]): Buffer {
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const head = pad(Buffer.concat([Buffer.alloc(6), Buffer.from(`${key}\0`, 'utf16le')]));
  const bytes = Buffer.concat([head, pad(value), ...children.map(pad)]);
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt16LE(isText ? value.length / 2 : value.length, 2);
  bytes.writeUInt16LE(isText ? 1 : 0, 4);
  return bytes;
}
