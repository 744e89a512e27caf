/**
 * The types in a file's DWARF, as a `TypeSource`.
 *
 * Every unit repeats the headers that it includes; of each named type the first complete definition is built and the
 * others are passed over. What is built is all there is: the file is not needed afterwards.
 */
import type { DwarfFile, DwarfUnit } from '../../formats/dwarf/dwarf-file.js';
import { type Entry, emptyEntry } from '../../formats/dwarf/entry.js';
import { EntryReader } from '../../formats/dwarf/entry-reader.js';
import { TAG } from '../../formats/dwarf/layout.js';
import type { EnumType, StructType, TypeSource } from '../types.js';
import { UnitTypes } from './unit-types.js';

/** What the builder of one unit adds to. */
export interface TypeTables {
  readonly structs: Map<string, StructType>;
  readonly enums: Map<string, EnumType>;
  /** Typedefs of types that have a name already: `spinlock_t` for `spinlock`. */
  readonly aliases: Map<string, string>;
}

/** Reads every type of `file`. `onUnit` is told how many bytes of debug information are done. */
export function readDwarfTypes(file: DwarfFile, onUnit?: (bytes: number) => void): TypeSource {
  const tables: TypeTables = { structs: new Map(), enums: new Map(), aliases: new Map() };
  const seen = new SeenNames(file.strings.length);
  for (const unit of file.units()) {
    readUnit(file, unit, tables, seen);
    onUnit?.(unit.start + unit.bytes.length);
  }
  const { structs, enums, aliases } = tables;
  const named = <Type>(types: Map<string, Type>, name: string): Type | undefined =>
    types.get(name) ?? types.get(aliases.get(name) ?? '');
  return {
    pointerSize: file.elf.bits === 64 ? 8 : 4,
    struct: (name) => named(structs, name),
    enum: (name) => named(enums, name),
    structNames: () => structs.keys(),
    enumNames: () => enums.keys(),
    aliasNames: () =>
      [...aliases].flatMap(([alias, name]) => (structs.has(name) && !structs.has(alias) ? [alias] : [])),
  };
}

/** Tags of the entries that name a type, and in which namespace C has the name. */
const NAMESPACES: Readonly<Record<number, number>> = {
  [TAG.structureType]: 0,
  [TAG.unionType]: 0,
  [TAG.classType]: 0,
  [TAG.enumerationType]: 1,
  [TAG.typedef]: 2,
};

function readUnit(file: DwarfFile, unit: DwarfUnit, tables: TypeTables, seen: SeenNames): void {
  const reader = new EntryReader(file, unit);
  const types = new UnitTypes(reader, tables, file.elf.bits === 64 ? 8 : 4);
  const entry = emptyEntry();
  if (!reader.read(unit.entries, entry) || !entry.hasChildren) return;
  let at = entry.end;
  while (reader.read(at, entry) && entry.tag !== 0) {
    const namespace = NAMESPACES[entry.tag];
    const next = reader.next(entry);
    if (namespace !== undefined && !entry.declaration && !seen.has(namespace, entry)) {
      if (types.define(entry)) seen.add(namespace, entry);
    }
    if (next <= at) return;
    at = next;
  }
}

/**
 * Names that are done, without making strings of them: a linker merges equal strings, so that an offset in .debug_str is
 * as good as the name. Only names that stand in the entry itself (a few letters long) are kept as strings.
 */
class SeenNames {
  readonly #offsets: Uint8Array;
  readonly #names = new Set<string>();

  constructor(stringBytes: number) {
    this.#offsets = new Uint8Array(stringBytes);
  }

  has(namespace: number, entry: Entry): boolean {
    if (entry.nameOffset < 0) return entry.inlineName === '' || this.#names.has(`${namespace} ${entry.inlineName}`);
    return (((this.#offsets[entry.nameOffset] ?? 0) >> namespace) & 1) === 1;
  }

  add(namespace: number, entry: Entry): void {
    if (entry.nameOffset < 0) this.#names.add(`${namespace} ${entry.inlineName}`);
    else if (entry.nameOffset < this.#offsets.length) {
      this.#offsets[entry.nameOffset] = (this.#offsets[entry.nameOffset] as number) | (1 << namespace);
    }
  }
}
