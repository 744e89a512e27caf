/** Writes small ELF executables for loaders (System V gABI), independently of the reader in src. */

export interface ElfSegment {
  readonly type?: number;
  readonly paddr: number;
  readonly data: Uint8Array;
  /** Size in memory; that of the data unless given. */
  readonly memory?: number;
}

export function xenNote(type: number, entry: number): Uint8Array {
  const note = Buffer.alloc(12 + 4 + 4);
  note.writeUInt32LE(4, 0);
  note.writeUInt32LE(4, 4);
  note.writeUInt32LE(type, 8);
  note.write('Xen\0', 12, 'latin1');
  note.writeUInt32LE(entry, 16);
  return note;
}

export function buildElf(bits: 32 | 64, entry: number, segments: readonly ElfSegment[]): Uint8Array {
  const wide = bits === 64;
  const [headerBytes, entryBytes] = wide ? [64, 56] : [52, 32];
  let at = headerBytes + entryBytes * segments.length;
  const total = segments.reduce((sum, { data }) => sum + data.length, at);
  const file = Buffer.alloc(total);
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(wide ? 62 : 3, 18);
  file.writeUInt32LE(1, 20);
  file.writeUInt32LE(entry, 24);
  file.writeUInt32LE(headerBytes, wide ? 32 : 28);
  file.writeUInt16LE(headerBytes, wide ? 52 : 40);
  file.writeUInt16LE(entryBytes, wide ? 54 : 42);
  file.writeUInt16LE(segments.length, wide ? 56 : 44);
  segments.forEach(({ type = 1, paddr, data, memory = data.length }, i) => {
    const p = headerBytes + i * entryBytes;
    file.writeUInt32LE(type, p);
    const place = wide
      ? { offset: 8, paddr: 24, filesz: 32, memsz: 40 }
      : { offset: 4, paddr: 12, filesz: 16, memsz: 20 };
    file.writeUInt32LE(at, p + place.offset);
    file.writeUInt32LE(paddr, p + place.paddr);
    file.writeUInt32LE(data.length, p + place.filesz);
    file.writeUInt32LE(memory, p + place.memsz);
    file.set(data, at);
    at += data.length;
  });
  return file;
}
