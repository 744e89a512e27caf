/**
 * What drivers of disks and file systems leave in the memory of a synthetic NT guest: a boot record and a file record. Written
 * from the formats' descriptions (UEFI 5.2.1 for the first, the Linux-NTFS documentation for the second), apart from src.
 */
import { type NtGuest, ntTime } from './nt-guest.js';

export const PARTITION = { disk: 0xcafe_1234, type: 7, first: 2048, sectors: 1000, code: 0x90 } as const;
export const FILE_RECORD = {
  number: 1234,
  name: 'plans.txt',
  created: '2024-03-05T09:50:00Z',
  modified: '2024-03-05T09:51:00Z',
  contents: 'nothing but the plan',
  /** The folder of the volume's root. */
  parent: 5,
} as const;

/** Physical addresses of the sector and of the record. */
export function writeDiskRecords({ memory }: NtGuest): { readonly sector: number; readonly record: number } {
  const page = memory.takePage();
  const sector = Buffer.alloc(512);
  sector.fill(PARTITION.code, 0, 440);
  sector.writeUInt32LE(PARTITION.disk, 440);
  sector.writeUInt8(0x80, 446);
  sector.writeUInt8(PARTITION.type, 450);
  sector.writeUInt32LE(PARTITION.first, 454);
  sector.writeUInt32LE(PARTITION.sectors, 458);
  sector.writeUInt16LE(0xaa55, 510);
  memory.writePhysical(page, sector);
  memory.writePhysical(page + 1024, fileRecord());
  return { sector: page, record: page + 1024 };
}

function fileRecord(): Buffer {
  const { number, name, created, modified, contents, parent } = FILE_RECORD;
  const times = Buffer.alloc(32);
  [created, modified, modified, modified].forEach((time, index) => {
    times.writeBigUInt64LE(ntTime(time), index * 8);
  });
  const standard = Buffer.concat([times, Buffer.alloc(16)]);
  const named = Buffer.concat([Buffer.alloc(8), times, Buffer.alloc(26), Buffer.from(name, 'utf16le')]);
  named.writeUInt32LE(parent, 0);
  named.writeUInt8(name.length, 64);
  named.writeUInt8(1, 65);
  const body = Buffer.concat([
    attribute(0x10, standard),
    attribute(0x30, named),
    attribute(0x80, Buffer.from(contents)),
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  ]);
  const bytes = Buffer.alloc(1024);
  bytes.write('FILE', 0, 'latin1');
  bytes.writeUInt16LE(48, 4);
  bytes.writeUInt16LE(3, 6);
  bytes.writeUInt16LE(56, 20);
  // In use, and no folder.
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(56 + body.length, 24);
  bytes.writeUInt32LE(1024, 28);
  bytes.writeUInt32LE(number, 44);
  body.copy(bytes, 56);
  // The last two bytes of each sector give way to a check number, and stand behind it in the head.
  bytes.writeUInt16LE(0x0b0b, 48);
  for (const end of [510, 1022]) {
    bytes.copy(bytes, end === 510 ? 50 : 52, end, end + 2);
    bytes.writeUInt16LE(0x0b0b, end);
  }
  return bytes;
}

/** A resident attribute without a name. */
function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc((24 + value.length + 7) & ~7);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.writeUInt32LE(value.length, 16);
  bytes.writeUInt16LE(24, 20);
  value.copy(bytes, 24);
  return bytes;
}
