import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../../src/formats/elf/elf-file.js';
import { readNotes } from '../../../src/formats/elf/notes.js';
import { bufferSource } from '../../../src/formats/sources/buffer-source.js';
import { openFileSource } from '../../../src/formats/sources/file-source.js';
import { ByteWriter } from '../builders/byte-writer.js';
import { buildNotes } from '../builders/elf-core.js';

/** An ELF32 relocatable with `.text`, `.symtab`, `.strtab`, `.shstrtab`, by hand. */
function smallObject(): Buffer {
  const names = '\0.text\0.symtab\0.strtab\0.shstrtab\0';
  const strings = '\0alpha\0beta\0';
  const symbol = (name: number, value: number, size: number, info: number, section: number) =>
    new ByteWriter().u32(name, value, size).u8(info, 0).u16(section).done();
  const symbols = Buffer.concat([
    Buffer.alloc(16),
    symbol(strings.indexOf('alpha'), 0x10, 4, 0x12, 1),
    symbol(strings.indexOf('beta'), 0x20, 8, 0x01, 0xfff1),
  ]);
  const out = new ByteWriter().u8(0x7f, 0x45, 0x4c, 0x46, 1, 1, 1).to(16);
  const data = [Buffer.from('\x90\x90\xc3', 'latin1'), symbols, Buffer.from(strings), Buffer.from(names)];
  let offset = 52;
  const placed = data.map((bytes) => {
    offset += bytes.length;
    return { offset: offset - bytes.length, size: bytes.length };
  });
  out.u16(1, 3).u32(1, 0, 0, offset, 0).u16(52, 0, 0, 40, 5, 4);
  for (const bytes of data) out.bytes(bytes);
  out.zeros(40);
  const header = (name: string, type: number, i: number, link: number, entry: number) =>
    out.u32(names.indexOf(name), type, 0, 0, placed[i]!.offset, placed[i]!.size, link, 0, 1, entry);
  header('.text', 1, 0, 0, 0);
  header('.symtab', 2, 1, 3, 16);
  header('.strtab', 3, 2, 0, 0);
  header('.shstrtab', 3, 3, 0, 0);
  return out.done();
}

describe('readElf', () => {
  test('reads sections and symbols of a 32-bit object', () => {
    const elf = readElf(bufferSource(smallObject()))!;
    expect(elf.bits).toBe(32);
    expect(elf.sections.map(({ name }) => name)).toEqual(['', '.text', '.symtab', '.strtab', '.shstrtab']);
    expect(Buffer.from(elf.sectionBytes(elf.section('.text')!))).toEqual(Buffer.from([0x90, 0x90, 0xc3]));
    expect(elf.symbols()).toEqual([
      { name: 'alpha', value: 0x10n, size: 4, type: 2, binding: 1, section: 1 },
      { name: 'beta', value: 0x20n, size: 8, type: 1, binding: 0, section: 0xfff1 },
    ]);
    expect(elf.symbols('dynsym')).toEqual([]);
    expect(elf.section('.data')).toBeUndefined();
  });

  test('gives nothing for what is not ELF, or big-endian', () => {
    expect(readElf(bufferSource(Buffer.from('MZ')))).toBeUndefined();
    const big = smallObject();
    big[5] = 2;
    expect(readElf(bufferSource(big))).toBeUndefined();
  });

  test('gives shorter tables when the file ends before them', () => {
    const file = smallObject();
    const elf = readElf(bufferSource(file.subarray(0, file.length - 50)))!;
    expect(elf.sections).toHaveLength(3);
    expect(elf.symbols()).toHaveLength(2);
    expect(elf.symbols()[0]?.name).toBe('');
  });

  test.skipIf(process.platform !== 'linux' || spawnSync('readelf', ['--version']).error !== undefined)(
    'reads a real program as readelf does',
    () => {
      const path = process.execPath;
      const source = openFileSource(path);
      const elf = readElf(source)!;
      const listed = execFileSync('readelf', ['-SW', path], { encoding: 'utf8' });
      const sections = [...listed.matchAll(/^ +\[ *\d+\] (\S*) +[A-Z]\S* +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) /gm)];
      expect(elf.sections.slice(1).map(({ name, address, offset, size }) => [name, address, offset, size])).toEqual(
        sections
          .slice(-(elf.sections.length - 1))
          .map(([, name, address, offset, size]) => [
            name,
            BigInt(`0x${address}`),
            Number.parseInt(offset!, 16),
            Number.parseInt(size!, 16),
          ]),
      );
      const symbols = execFileSync('readelf', ['--dyn-syms', '-W', path], { encoding: 'utf8', maxBuffer: 2 ** 28 });
      const values = [...symbols.matchAll(/^ +[1-9]\d*: ([0-9a-f]{16}) /gm)].map(([, value]) => BigInt(`0x${value}`));
      expect(elf.symbols('dynsym').map(({ value }) => value)).toEqual(values);
      expect(values.length).toBeGreaterThan(100);
      source.close();
    },
  );
});

describe('readNotes', () => {
  test('reads until a note does not fit', () => {
    const notes = [
      { owner: 'CORE', type: 1, description: Buffer.from('abcde') },
      { owner: 'VMCOREINFO', type: 0, description: Buffer.from('x=1') },
    ];
    const bytes = buildNotes(notes);
    expect(readNotes(bytes).map((note) => ({ ...note, description: Buffer.from(note.description) }))).toEqual(notes);
    expect(readNotes(bytes.subarray(0, -4))).toHaveLength(1);
    expect(readNotes(Buffer.alloc(0))).toEqual([]);
    expect(readNotes(readFileSync(import.meta.filename))).toEqual([]);
  });
});
