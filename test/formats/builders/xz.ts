/**
 * Builds .xz files with stored data only, from The .xz File Format 1.1.0 (sections 2 and 3) and LZMA2's chunk header:
 * Node has no xz compressor, and the way through the container needs none.
 */
import { crc32 } from './crc32.js';

const u32 = (value: number) => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value >>> 0);
  return out;
};
const withCrc = (bytes: Buffer) => Buffer.concat([bytes, u32(crc32(bytes))]);
const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

function vli(value: number): Buffer {
  const out = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.push((rest % 128) | 0x80);
  return Buffer.from([...out, rest]);
}

export function buildXz(bytes: Uint8Array): Buffer {
  const flags = Buffer.from([0, 1]);
  const header = Buffer.concat([Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), flags, u32(crc32(flags))]);
  // One block: 12 bytes of header (size 2 * 4 + 4), LZMA2 with a 1 MiB dictionary.
  const blockHeader = withCrc(Buffer.from([2, 0, 0x21, 1, 16, 0, 0, 0]));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 65536) {
    const chunk = bytes.subarray(at, at + 65536);
    chunks.push(Buffer.from([at === 0 ? 1 : 2, (chunk.length - 1) >> 8, (chunk.length - 1) & 0xff]), chunk);
  }
  const data = Buffer.concat([...chunks, Buffer.from([0])]);
  const check = u32(crc32(bytes));
  const unpadded = blockHeader.length + data.length + check.length;
  const index = withCrc(padded(Buffer.concat([Buffer.from([0, 1]), vli(unpadded), vli(bytes.length)])));
  const tail = Buffer.concat([u32(index.length / 4 - 1), flags]);
  const footer = Buffer.concat([u32(crc32(tail)), tail, Buffer.from('YZ')]);
  return Buffer.concat([header, blockHeader, padded(data), check, index, footer]);
}
