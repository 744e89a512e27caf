/**
 * The types of a program database as a `TypeSource`.
 *
 * Structures without a name are called by the index of their record: `__unnamed_1a2b`. Of a type that is only announced,
 * the definition is looked up by its name.
 */
import { FIRST_RECORD, leaf, POINTER_MODES, PRIMITIVES } from '../../formats/pdb/layout.js';
import type { PdbFile } from '../../formats/pdb/pdb-file.js';
import type { Aggregate, TypeRecords } from '../../formats/pdb/type-records.js';
import { bitField } from '../bit-field.js';
import type { EnumType, Field, StructType, TypeRef, TypeSource } from '../types.js';
import { type FieldEntry, fieldEntries } from './field-list.js';

const UNNAMED = /^<(?:unnamed|anonymous)-|^__unnamed$|^$/;
/** Pointers to arrays of modified …: types nest a dozen deep. */
const MAX_DEPTH = 32;
/** More members than any structure has, inherited ones counted. */
const MAX_MEMBERS = 20_000;
const VOID: TypeRef = { kind: 'void' };

export class PdbTypes implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #records: TypeRecords;
  readonly #structs = new Map<string, number>();
  readonly #enums = new Map<string, number>();
  /** Definitions by unique name, for types whose plain names are not. */
  readonly #unique = new Map<string, number>();
  readonly #built = new Map<string, StructType | undefined>();

  constructor({ types, machine }: Pick<PdbFile, 'types' | 'machine'>) {
    this.pointerSize = machine.pointerSize;
    this.#records = types;
    for (let index = types.firstIndex; index < types.endIndex; index++) {
      const aggregate = types.aggregate(index);
      if (aggregate === undefined || aggregate.isForward) continue;
      const names = aggregate.kind === 'enum' ? this.#enums : this.#structs;
      const name = nameOf(aggregate, index);
      // Of several definitions with one name the last is the compiler's newest.
      names.set(name, index);
      if (aggregate.uniqueName !== '') this.#unique.set(aggregate.uniqueName, index);
    }
  }

  struct(name: string): StructType | undefined {
    if (!this.#built.has(name)) this.#built.set(name, this.#build(name));
    return this.#built.get(name);
  }

  enum(name: string): EnumType | undefined {
    const index = this.#enums.get(name);
    const aggregate = index === undefined ? undefined : this.#records.aggregate(index);
    if (aggregate === undefined) return undefined;
    const constants = new Map<string, bigint>();
    for (const entry of fieldEntries(this.#records, aggregate.fields)) {
      if (entry.kind === 'constant') constants.set(entry.name, entry.value);
    }
    return { name, size: this.#sizeOf(aggregate.underlying, 0), constants };
  }

  structNames(): Iterable<string> {
    return this.#structs.keys();
  }

  enumNames(): Iterable<string> {
    return this.#enums.keys();
  }

  #build(name: string): StructType | undefined {
    const index = this.#structs.get(name);
    const aggregate = index === undefined ? undefined : this.#records.aggregate(index);
    if (aggregate === undefined) return undefined;
    const fields = new Map<string, Field>();
    this.#collect(aggregate, 0, fields, 0);
    return { name, union: aggregate.kind === 'union', size: aggregate.size, fields };
  }

  #collect(aggregate: Aggregate, base: number, fields: Map<string, Field>, depth: number): void {
    for (const entry of fieldEntries(this.#records, aggregate.fields)) {
      if (fields.size >= MAX_MEMBERS) return;
      if (entry.kind === 'member' && !fields.has(entry.name)) fields.set(entry.name, this.#field(entry, base));
      const parent = entry.kind === 'base' && depth < MAX_DEPTH ? this.#definition(entry.type) : undefined;
      if (entry.kind === 'base' && parent !== undefined)
        this.#collect(parent.aggregate, base + entry.offset, fields, depth + 1);
    }
  }

  #field({ name, type, offset }: Extract<FieldEntry, { kind: 'member' }>, base: number): Field {
    const record = this.#records.kind(type) === leaf.bitField ? this.#records.record(type) : undefined;
    if (record === undefined) return { name, offset: base + offset, type: this.#reference(type, 0) };
    const storage = record.u32();
    const bits = record.bytes[record.at] ?? 0;
    const position = record.bytes[record.at + 1] ?? 0;
    const size = this.#sizeOf(storage, 0) || 4;
    const reference = this.#reference(storage, 0);
    return bitField(
      name,
      (base + offset) * 8 + position,
      bits,
      size,
      'signed' in reference && reference.signed === true,
    );
  }

  #reference(index: number, depth: number): TypeRef {
    if (index < FIRST_RECORD) return this.#primitive(index);
    const record = depth > MAX_DEPTH ? undefined : this.#records.record(index);
    if (record === undefined) return VOID;
    switch (this.#records.kind(index)) {
      case leaf.modifier:
      case leaf.bitField:
        return this.#reference(record.u32(), depth + 1);
      case leaf.pointer: {
        const target = record.u32();
        const size = (record.u32() >>> 13) & 0x3f;
        return { kind: 'pointer', size: size || this.pointerSize, target: this.#reference(target, depth + 1) };
      }
      case leaf.procedure:
      case leaf.memberFunction:
        return { kind: 'function' };
      case leaf.array: {
        const element = record.u32();
        record.u32();
        const size = Number(record.integer());
        const one = this.#sizeOf(element, depth + 1);
        return {
          kind: 'array',
          count: one === 0 ? 0 : Math.floor(size / one),
          element: this.#reference(element, depth + 1),
        };
      }
      default:
        return this.#aggregateReference(index);
    }
  }

  #aggregateReference(index: number): TypeRef {
    const found = this.#definition(index);
    if (found === undefined) {
      const announced = this.#records.aggregate(index);
      return announced === undefined ? VOID : { kind: 'struct', name: nameOf(announced, index) };
    }
    const { aggregate, name } = found;
    if (aggregate.kind !== 'enum') return { kind: 'struct', name };
    const underlying = this.#reference(aggregate.underlying, 0);
    const signed = underlying.kind === 'int' && underlying.signed;
    return { kind: 'enum', name, size: this.#sizeOf(aggregate.underlying, 0), signed };
  }

  /** The aggregate that a record stands for, itself or the definition of what it announces. */
  #definition(index: number): { readonly aggregate: Aggregate; readonly name: string } | undefined {
    const aggregate = this.#records.aggregate(index);
    if (aggregate === undefined || !aggregate.isForward) {
      return aggregate && { aggregate, name: nameOf(aggregate, index) };
    }
    const names = aggregate.kind === 'enum' ? this.#enums : this.#structs;
    const defined = this.#unique.get(aggregate.uniqueName) ?? names.get(aggregate.name);
    const definition = defined === undefined ? undefined : this.#records.aggregate(defined);
    return definition && { aggregate: definition, name: nameOf(definition, defined as number) };
  }

  #primitive(index: number): TypeRef {
    const primitive = PRIMITIVES[index & 0xff];
    const size = POINTER_MODES[(index >>> 8) & 0xf];
    if (size !== undefined) return { kind: 'pointer', size, target: this.#primitive(index & 0xff) };
    if (primitive === undefined || primitive.kind === 'void') return VOID;
    const { kind, name } = primitive;
    if (kind === 'float') return { kind: 'float', name, size: primitive.size };
    if (kind === 'bool') return { kind: 'bool', name, size: primitive.size };
    return {
      kind: 'int',
      name,
      size: primitive.size,
      signed: primitive.signed === true,
      ...(kind === 'char' && { char: true }),
    };
  }

  #sizeOf(index: number, depth: number): number {
    if (index < FIRST_RECORD) return POINTER_MODES[(index >>> 8) & 0xf] ?? PRIMITIVES[index & 0xff]?.size ?? 0;
    const record = depth > MAX_DEPTH ? undefined : this.#records.record(index);
    if (record === undefined) return 0;
    switch (this.#records.kind(index)) {
      case leaf.modifier:
      case leaf.bitField:
        return this.#sizeOf(record.u32(), depth + 1);
      case leaf.pointer:
        record.u32();
        return (record.u32() >>> 13) & 0x3f || this.pointerSize;
      case leaf.array:
        record.at += 8;
        return Number(record.integer());
      default: {
        const aggregate = this.#definition(index)?.aggregate;
        return aggregate?.kind === 'enum' ? this.#sizeOf(aggregate.underlying, depth + 1) : (aggregate?.size ?? 0);
      }
    }
  }
}

function nameOf({ name }: Aggregate, index: number): string {
  return UNNAMED.test(name) ? `__unnamed_${index.toString(16)}` : name;
}
