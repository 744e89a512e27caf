/**
 * Rewrites a copy of QEMU's ELF64 core so that makedumpfile can read it. Changes headers only, never memory.
 *
 * QEMU 7.2 (dump/dump.c) puts the section headers first and the program headers at offset 192, and writes
 * e_ehsize = 8; makedumpfile 1.7.2 ignores e_phoff and reads program headers right behind the ELF header, where the
 * kernel's own /proc/vmcore has them. The headers of a core without paging (a note and a few ranges) fit before the note.
 */
import { constants, copyFile, open } from 'node:fs/promises';

const EHDR_SIZE = 64;
const PHDR_SIZE = 56;
/** Field offsets of Elf64_Ehdr (System V gABI, chapter 4). */
const E_PHOFF = 32;
const E_SHOFF = 40;
const E_EHSIZE = 52;
const E_PHNUM = 56;
const E_SHNUM = 60;
const E_SHSTRNDX = 62;
const P_OFFSET = 8;

/** Copies `from` to `to` and moves its program headers to offset 64. Rejects when they would run into the contents. */
export async function compactElfHeader(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const file = await open(to, 'r+');
  try {
    const header = Buffer.alloc(EHDR_SIZE);
    await file.read(header, 0, EHDR_SIZE, 0);
    const table = Buffer.alloc(header.readUInt16LE(E_PHNUM) * PHDR_SIZE);
    await file.read(table, 0, table.length, Number(header.readBigUInt64LE(E_PHOFF)));
    for (let entry = 0; entry < table.length; entry += PHDR_SIZE) {
      const contents = table.readBigUInt64LE(entry + P_OFFSET);
      if (contents < EHDR_SIZE + table.length) throw new Error(`${from}: no room for the headers before ${contents}`);
    }
    header.writeBigUInt64LE(BigInt(EHDR_SIZE), E_PHOFF);
    header.writeBigUInt64LE(0n, E_SHOFF);
    header.writeUInt16LE(EHDR_SIZE, E_EHSIZE);
    header.writeUInt16LE(0, E_SHNUM);
    header.writeUInt16LE(0, E_SHSTRNDX);
    await file.write(header, 0, EHDR_SIZE, 0);
    await file.write(table, 0, table.length, EHDR_SIZE);
  } finally {
    await file.close();
  }
}
