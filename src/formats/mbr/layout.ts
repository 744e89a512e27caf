/**
 * Master boot records as data. Source: the PC's BIOS convention as written down in the UEFI specification, 5.2 (legacy MBR);
 * partition types: A. Brouwer, "Partition types" (win.tue.nl).
 */
import { array, bytes, pad, struct, u8, u16, u32 } from '../struct-layout.js';

export const SECTOR = 512;
export const MBR_MAGIC = 0xaa55;

export const partitionEntry = struct({
  status: u8,
  _chsFirst: pad(3),
  type: u8,
  _chsLast: pad(3),
  first: u32,
  count: u32,
});
export const masterBootRecord = struct({
  code: bytes(440),
  diskSignature: u32,
  _reserved: pad(2),
  partitions: array(partitionEntry, 4),
  magic: u16,
});

export const ACTIVE = 0x80;

export const PARTITION_TYPES: Readonly<Record<number, string>> = {
  1: 'FAT12',
  4: 'FAT16 (up to 32 MB)',
  5: 'extended',
  6: 'FAT16',
  7: 'NTFS or exFAT',
  11: 'FAT32',
  12: 'FAT32 (LBA)',
  14: 'FAT16 (LBA)',
  15: 'extended (LBA)',
  39: 'Windows recovery',
  66: 'dynamic disk',
  130: 'Linux swap',
  131: 'Linux',
  142: 'Linux LVM',
  238: 'GPT',
  239: 'EFI system',
  253: 'Linux RAID',
};
