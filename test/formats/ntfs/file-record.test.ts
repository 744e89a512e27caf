import { describe, expect, it } from 'vitest';
import { decodeFileRecord } from '../../../src/formats/ntfs/file-record.js';
import {
  attributeHeader,
  fileNameAttribute,
  fileRecord,
  residentPart,
  standardInformation,
} from '../../../src/formats/ntfs/layout.js';

const TIMES = { created: 1n, modified: 2n, changed: 3n, accessed: 4n };

function attribute(type: number, value: Uint8Array, name = ''): Buffer {
  const text = Buffer.from(name, 'utf16le');
  const head = attributeHeader.size + residentPart.size;
  const length = (head + text.length + value.length + 7) & ~7;
  const bytes = Buffer.alloc(length);
  bytes.set(
    attributeHeader.encode({
      type,
      length,
      nonResident: 0,
      nameLength: name.length,
      nameOffset: head,
      flags: 0,
      id: 0,
    }),
  );
  bytes.set(residentPart.encode({ valueLength: value.length, valueOffset: head + text.length }), attributeHeader.size);
  bytes.set(text, head);
  bytes.set(value, head + text.length);
  return bytes;
}

function nameOf(name: string, nameSpace: number): Buffer {
  const head = {
    parent: (7n << 48n) | 42n,
    ...TIMES,
    allocated: 0,
    size: 0,
    attributes: 0,
    nameLength: name.length,
    nameSpace,
  };
  return Buffer.concat([fileNameAttribute.encode(head), Buffer.from(name, 'utf16le')]);
}

/** A record as it is on disk: the last two bytes of each sector replaced by the check number. */
function record(attributes: readonly Buffer[], rest: Partial<Parameters<typeof fileRecord.encode>[0]> = {}): Buffer {
  const bytes = Buffer.alloc(1024);
  const body = Buffer.concat([...attributes, Buffer.from([0xff, 0xff, 0xff, 0xff])]);
  const head = {
    signature: 0x454c_4946,
    fixupOffset: 48,
    fixupCount: 3,
    sequence: 3,
    links: 1,
    attributes: 56,
    flags: 1,
    usedSize: 56 + body.length,
    allocatedSize: 1024,
    baseRecord: 0n,
    nextAttribute: 4,
    number: 1234,
    ...rest,
  };
  bytes.set(fileRecord.encode(head));
  bytes.set(body, 56);
  bytes.writeUInt16LE(0x0b0b, 48);
  for (const sector of [1, 2]) {
    const end = sector * 512 - 2;
    bytes.copy(bytes, 48 + sector * 2, end, end + 2);
    bytes.writeUInt16LE(0x0b0b, end);
  }
  return bytes;
}

describe('file records of NTFS', () => {
  const contents = Buffer.alloc(500, 'x');
  const whole = record([
    attribute(0x10, standardInformation.encode({ ...TIMES, attributes: 0x20 })),
    attribute(0x30, nameOf('REPORT~1.DOC', 2)),
    attribute(0x30, nameOf('Report of March.doc', 1)),
    attribute(0x80, contents),
    attribute(0x80, Buffer.from('[ZoneTransfer]'), 'Zone.Identifier'),
  ]);

  it('give names, times and contents, with the sectors mended', () => {
    const decoded = decodeFileRecord(whole)!;
    expect(decoded).toMatchObject({
      number: 1234,
      sequence: 3,
      inUse: true,
      isFolder: false,
      name: 'Report of March.doc',
      parent: 42,
    });
    expect(decoded.standard).toMatchObject(TIMES);
    expect(decoded.named).toMatchObject(TIMES);
    expect(decoded.streams.map(({ name, size }) => [name, size])).toEqual([
      ['', 500],
      ['Zone.Identifier', 14],
    ]);
    // A check number lies inside of the contents.
    expect(Buffer.from(decoded.streams[0]!.contents!).equals(contents)).toBe(true);
  });

  it('end where they are forged or cut', () => {
    for (let length = 0; length < whole.length; length++)
      expect(decodeFileRecord(whole.subarray(0, length))).toBeUndefined();
    expect(decodeFileRecord(record([], { allocatedSize: 0x7fff_ffff }))).toBeUndefined();
    expect(decodeFileRecord(record([], { usedSize: 0xffff_ffff }))).toBeUndefined();
    const long = attribute(0x80, contents);
    long.writeUInt32LE(0xffff_fff0, 4);
    expect(decodeFileRecord(record([long]))?.streams).toEqual([]);
    const still = attribute(0x80, contents);
    still.writeUInt32LE(0, 4);
    expect(decodeFileRecord(record([still]))?.streams).toEqual([]);
    const outside = attribute(0x80, contents);
    outside.writeUInt32LE(0xffff, 16);
    expect(decodeFileRecord(record([outside]))?.streams).toEqual([]);
  });
});
