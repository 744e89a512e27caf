/**
 * A kernel's ELF file (vmlinux) as types and symbols: DWARF where there is some, else the .BTF section; the ELF symbol
 * table where it was not stripped, else kallsyms.
 */
import { UserError } from '../../core/errors.js';
import { Btf } from '../../formats/btf/btf.js';
import type { ByteSource } from '../../formats/byte-source.js';
import { DwarfFile } from '../../formats/dwarf/dwarf-file.js';
import { type ElfFile, readElf } from '../../formats/elf/elf-file.js';
import { elfType, sectionType } from '../../formats/elf/layout.js';
import { BtfTypeSource } from '../btf/btf-type-source.js';
import { readDwarfTypes } from '../dwarf/dwarf-types.js';
import { Kallsyms } from '../linux/kallsyms.js';
import { readKallsyms } from '../linux/kallsyms-location.js';
import { searchKallsyms } from '../linux/kallsyms-search.js';
import { KernelImage } from '../linux/kernel-image.js';
import { SymbolList } from '../symbol-list.js';
import type { KernelSymbol, SymbolSource, TypeSource } from '../types.js';
import { ElfMemory } from './elf-memory.js';

export interface KernelFile {
  readonly pointerSize: 4 | 8;
  readonly types?: TypeSource | undefined;
  readonly symbols?: SymbolSource | undefined;
  /** Empty when the file doesn't have it. */
  readonly banner: string;
  /** Where each part came from, a line each. */
  readonly sources: readonly string[];
}

/** `onProgress` is told bytes done and bytes in all of the debug information. */
export function readVmlinux(source: ByteSource, onProgress?: (done: number, all: number) => void): KernelFile {
  const elf = readElf(source);
  if (elf === undefined) throw new UserError(`${source.name} is no ELF file`, 'give an uncompressed vmlinux');
  if (elf.header.type === elfType.relocatable) {
    throw new UserError(`${source.name} is not linked (a module or an object file)`, "give the kernel's vmlinux");
  }
  const pointerSize = elf.bits === 64 ? 8 : 4;
  const memory = new ElfMemory(source, elf);
  const { types, source: typesFrom } = readTypes(source, elf, pointerSize, onProgress);
  const { symbols, source: symbolsFrom } = readSymbols(elf, memory, pointerSize);
  const sources = [typesFrom, symbolsFrom].filter((line) => line !== undefined);
  return { pointerSize, types, symbols, banner: memory.banner(), sources };
}

function readTypes(
  source: ByteSource,
  elf: ElfFile,
  pointerSize: 4 | 8,
  onProgress?: (done: number, all: number) => void,
): { types?: TypeSource; source?: string } {
  const dwarf = DwarfFile.open(source);
  if (dwarf !== undefined) {
    const all = elf.section('.debug_info')?.size ?? 0;
    const types = readDwarfTypes(dwarf, (done) => onProgress?.(done, all));
    return { types, source: `types: DWARF of ${source.name}` };
  }
  const section = elf.section('.BTF');
  const btf = section && Btf.open(elf.sectionBytes(section));
  if (btf === undefined) return {};
  return { types: new BtfTypeSource(btf, pointerSize), source: `types: BTF of ${source.name}` };
}

function readSymbols(elf: ElfFile, memory: ElfMemory, pointerSize: 4 | 8): { symbols?: SymbolSource; source?: string } {
  const named = [...elfSymbols(elf)];
  if (named.length > 0) return { symbols: new SymbolList(named), source: 'symbols: ELF symbol table' };
  for (const { bytes, address } of memory.segments) {
    const found = searchKallsyms(bytes, address);
    const tables = found && readKallsyms(new KernelImage(memory, pointerSize, memory.slide), found);
    if (tables !== undefined) return { symbols: new Kallsyms(tables), source: 'symbols: kallsyms of the kernel file' };
  }
  return {};
}

const STT_OBJECT_OR_FUNCTION_OR_NONE: ReadonlySet<number> = new Set([0, 1, 2]);
const SHN_UNDEFINED = 0;
const SHN_ABSOLUTE = 0xfff1;

/** The named symbols of the ELF table, with nm's letters by section and binding. */
function* elfSymbols(elf: ElfFile): Generator<KernelSymbol> {
  for (const { name, value, type, binding, section } of elf.symbols()) {
    if (name === '' || section === SHN_UNDEFINED || !STT_OBJECT_OR_FUNCTION_OR_NONE.has(type)) continue;
    const letter = section === SHN_ABSOLUTE ? 'a' : letterOf(elf.sections[section]);
    yield { name, address: value, kind: binding === 0 ? letter : letter.toUpperCase() };
  }
}

/** nm's lower-case letter for a symbol in this section. */
function letterOf(section: ElfFile['sections'][number] | undefined): string {
  const write = 1;
  const execute = 4;
  const flags = Number(section?.flags ?? 0);
  if (section?.type === sectionType.nobits) return 'b';
  if ((flags & execute) !== 0) return 't';
  return (flags & write) !== 0 ? 'd' : 'r';
}
