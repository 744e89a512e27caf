/**
 * Builds the types of one DWARF unit.
 *
 * Aggregates without a name go by the typedef in front of them, or as `unnamed_OFFSET`; members without a name are
 * replaced by their own members.
 */
import { type Entry, emptyEntry } from '../../formats/dwarf/entry.js';
import type { EntryReader } from '../../formats/dwarf/entry-reader.js';
import { ENCODING, TAG } from '../../formats/dwarf/layout.js';
import { bitField } from '../bit-field.js';
import type { EnumType, Field, StructType, TypeRef } from '../types.js';
import type { TypeTables } from './dwarf-types.js';

const MAX_DEPTH = 32;
/** More members than any real structure has, those of nested ones counted; bounds what a forged file makes us do. */
const MAX_MEMBERS = 20_000;
const MAX_CONSTANTS = 100_000;
const VOID: TypeRef = { kind: 'void' };

const AGGREGATES: ReadonlySet<number> = new Set([TAG.structureType, TAG.unionType, TAG.classType]);
/** Entries that only stand before another type. */
const MODIFIERS: ReadonlySet<number> = new Set([
  TAG.typedef,
  TAG.constType,
  TAG.volatileType,
  TAG.restrictType,
  TAG.atomicType,
]);

export class UnitTypes {
  readonly #reader: EntryReader;
  readonly #tables: TypeTables;
  readonly #pointerSize: 4 | 8;

  constructor(reader: EntryReader, tables: TypeTables, pointerSize: 4 | 8) {
    this.#reader = reader;
    this.#tables = tables;
    this.#pointerSize = pointerSize;
  }

  /** Builds the named type at `entry` (copied before it is reused); false when it stays to be found in another unit. */
  define(entry: Entry): boolean {
    const name = this.#reader.name(entry);
    if (AGGREGATES.has(entry.tag)) {
      this.#struct(name, { ...entry });
    } else if (entry.tag === TAG.enumerationType) {
      this.#enum(name, { ...entry });
    } else {
      return this.#typedef(name, entry.type);
    }
    return true;
  }

  #typedef(name: string, type: number): boolean {
    const found = this.#resolve(type);
    if (found === undefined) return false;
    const { entry, typedef } = found;
    const build = AGGREGATES.has(entry.tag) ? this.#struct : entry.tag === TAG.enumerationType ? this.#enum : undefined;
    if (build === undefined || entry.declaration) return true;
    const other = this.#reader.name(entry) || typedef;
    if (other === '') build.call(this, name, entry);
    else this.#tables.aliases.set(name, other);
    return true;
  }

  #struct(name: string, entry: Entry): void {
    const { structs } = this.#tables;
    if (structs.has(name)) return;
    const fields = new Map<string, Field>();
    const struct: StructType = { name, union: entry.tag === TAG.unionType, size: Math.max(entry.byteSize, 0), fields };
    // Before its members, which may lead back here.
    structs.set(name, struct);
    this.#collect(entry, 0, 0, fields, { members: MAX_MEMBERS });
  }

  /** Adds the members of `aggregate`, which lies `base` bytes into the outermost one. */
  #collect(
    aggregate: Entry,
    base: number,
    depth: number,
    fields: Map<string, Field>,
    budget: { members: number },
  ): void {
    for (const member of this.#children(aggregate, TAG.member)) {
      if (budget.members-- <= 0) return;
      const name = this.#reader.name(member);
      const offset = base + Math.max(member.memberLocation, 0);
      if (name === '') {
        const inner = this.#resolve(member.type)?.entry;
        const isAggregate = inner !== undefined && AGGREGATES.has(inner.tag);
        if (isAggregate && depth < MAX_DEPTH) this.#collect(inner, offset, depth + 1, fields, budget);
      } else if (!fields.has(name)) {
        fields.set(name, this.#field(name, member, base, offset));
      }
    }
  }

  #field(name: string, member: Entry, base: number, offset: number): Field {
    if (member.bitSize < 0) return { name, offset, type: this.#reference(member.type, 0) };
    const storage = this.#resolve(member.type)?.entry;
    const size = (member.byteSize > 0 ? member.byteSize : (storage?.byteSize ?? 0)) || 4;
    const signed = storage?.encoding === ENCODING.signed || storage?.encoding === ENCODING.signedChar;
    const position =
      member.dataBitOffset >= 0
        ? base * 8 + member.dataBitOffset
        : offset * 8 + size * 8 - Math.max(member.bitOffset, 0) - member.bitSize;
    return bitField(name, position, member.bitSize, Math.min(size, 8), signed);
  }

  #enum(name: string, entry: Entry): void {
    if (this.#tables.enums.has(name)) return;
    const size = entry.byteSize > 0 ? entry.byteSize : 4;
    const constants = new Map<string, bigint>();
    const signed = this.#enumSigned(entry);
    for (const enumerator of this.#children(entry, TAG.enumerator)) {
      if (constants.size >= MAX_CONSTANTS) break;
      const value = signed ? BigInt.asIntN(size * 8, enumerator.constValue) : enumerator.constValue;
      constants.set(this.#reader.name(enumerator), value);
    }
    const type: EnumType = { name, size, constants };
    this.#tables.enums.set(name, type);
  }

  /** Compilers say by the underlying type whether there are negative constants; before version 3 only by having them. */
  #enumSigned(entry: Entry): boolean {
    if (entry.type >= 0) return this.#resolve(entry.type)?.entry.encoding === ENCODING.signed;
    for (const { constValue } of this.#children(entry, TAG.enumerator)) if (constValue < 0n) return true;
    return false;
  }

  *#children(parent: Entry, tag: number): Generator<Entry> {
    if (!parent.hasChildren) return;
    const child = emptyEntry();
    let at = parent.end;
    while (this.#reader.read(at, child) && child.tag !== 0) {
      const next = this.#reader.next(child);
      if (child.tag === tag) yield child;
      if (next <= at) return;
      at = next;
    }
  }

  /** The entry behind qualifiers and typedefs, and the name of the last typedef before it. */
  #resolve(offset: number): { readonly entry: Entry; readonly typedef: string } | undefined {
    const entry = emptyEntry();
    let typedef = '';
    let at = offset;
    for (let steps = 0; steps < MAX_DEPTH && at > 0 && this.#reader.read(at, entry); steps++) {
      if (!MODIFIERS.has(entry.tag)) return { entry, typedef };
      if (entry.tag === TAG.typedef) typedef = this.#reader.name(entry);
      at = entry.type;
    }
    return undefined;
  }

  #reference(offset: number, depth: number): TypeRef {
    const target = depth > MAX_DEPTH ? undefined : this.#resolve(offset);
    if (target === undefined) return VOID;
    const { entry, typedef } = target;
    switch (entry.tag) {
      case TAG.baseType:
        return this.#baseType(entry);
      case TAG.pointerType:
        return { kind: 'pointer', size: this.#pointerSize, target: this.#reference(entry.type, depth + 1) };
      case TAG.arrayType:
        return this.#array(entry, depth);
      case TAG.structureType:
      case TAG.unionType:
      case TAG.classType:
        return { kind: 'struct', name: this.#named(entry, typedef, (name) => this.#struct(name, entry)) };
      case TAG.enumerationType: {
        const name = this.#named(entry, typedef, (unnamed) => this.#enum(unnamed, entry));
        return { kind: 'enum', name, size: Math.max(entry.byteSize, 1), signed: this.#enumSigned(entry) };
      }
      case TAG.subroutineType:
        return { kind: 'function' };
      default:
        return VOID;
    }
  }

  /** The name that a type goes by; one without a name of its own is built under the typedef's or a made-up one. */
  #named(entry: Entry, typedef: string, build: (name: string) => void): string {
    const own = this.#reader.name(entry);
    if (own !== '') return own;
    const name = typedef === '' ? `unnamed_${(this.#reader.unit.start + entry.offset).toString(16)}` : typedef;
    build(name);
    return name;
  }

  #baseType(entry: Entry): TypeRef {
    const name = this.#reader.name(entry);
    const size = Math.max(entry.byteSize, 0);
    if (entry.encoding === ENCODING.boolean) return { kind: 'bool', name, size };
    if (entry.encoding === ENCODING.float) return { kind: 'float', name, size };
    const signed = entry.encoding === ENCODING.signed || entry.encoding === ENCODING.signedChar;
    return { kind: 'int', name, size, signed, ...(name === 'char' ? { char: true } : {}) };
  }

  /** Several subranges are several dimensions, the outermost first. */
  #array(entry: Entry, depth: number): TypeRef {
    const counts: number[] = [];
    for (const { count } of this.#children(entry, TAG.subrangeType)) counts.push(Math.max(count, 0));
    if (counts.length === 0) counts.push(0);
    let type = this.#reference(entry.type, depth + 1);
    for (const count of counts.toReversed()) type = { kind: 'array', count, element: type };
    return type;
  }
}
