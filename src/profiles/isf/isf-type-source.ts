/** The types of a symbol file as a `TypeSource`: a record is parsed when its type is asked for. */
import { bitField } from '../bit-field.js';
import type { EnumType, Field, StructType, TypeRef, TypeSource } from '../types.js';
import type { IsfDocument, IsfField, IsfType } from './isf-document.js';

const MAX_NESTING = 32;
/** More members than any real structure has, those of nested ones counted; bounds what a forged file makes us do. */
const MAX_MEMBERS = 20_000;

export class IsfTypeSource implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #document: IsfDocument;
  readonly #structs = new Map<string, StructType | undefined>();
  readonly #enums = new Map<string, EnumType | undefined>();

  constructor(document: IsfDocument) {
    this.#document = document;
    this.pointerSize = document.baseType('pointer')?.size === 4 ? 4 : 8;
  }

  struct(name: string): StructType | undefined {
    if (!this.#structs.has(name)) this.#structs.set(name, this.#build(name));
    return this.#structs.get(name);
  }

  enum(name: string): EnumType | undefined {
    if (!this.#enums.has(name)) {
      const record = this.#document.enum(name);
      const constants = Object.entries(record?.constants ?? {}).map(([key, value]) => [key, BigInt(value)] as const);
      this.#enums.set(name, record && { name, size: record.size, constants: new Map(constants) });
    }
    return this.#enums.get(name);
  }

  structNames(): Iterable<string> {
    return this.#document.names('user_types');
  }

  enumNames(): Iterable<string> {
    return this.#document.names('enums');
  }

  #build(name: string): StructType | undefined {
    const record = this.#document.userType(name);
    if (record === undefined) return undefined;
    const fields = new Map<string, Field>();
    this.#collect(record.fields, 0, 0, fields, { members: MAX_MEMBERS });
    return { name, union: record.kind === 'union', size: record.size, fields };
  }

  #collect(
    members: Readonly<Record<string, IsfField>>,
    base: number,
    depth: number,
    fields: Map<string, Field>,
    budget: { members: number },
  ): void {
    for (const [name, member] of Object.entries(members)) {
      if (budget.members-- <= 0) return;
      const inner = anonymousAggregate(name, member);
      if (inner === undefined) {
        if (!fields.has(name)) fields.set(name, this.#field(name, base + member.offset, member.type));
      } else if (depth < MAX_NESTING) {
        const { fields: innerFields = {} } = this.#document.userType(inner) ?? {};
        this.#collect(innerFields, base + member.offset, depth + 1, fields, budget);
      }
    }
  }

  #field(name: string, offset: number, type: IsfType): Field {
    if (type.kind !== 'bitfield') return { name, offset, type: this.#reference(type) };
    const { size, signed } = this.#storage(type.type);
    return bitField(name, offset * 8 + type.bit_position, type.bit_length, size, signed);
  }

  /** Size and signedness of the type that a bit-field was declared with. */
  #storage(type: IsfType): { size: number; signed: boolean } {
    if (type.kind === 'enum') return this.#enumStorage(type.name);
    const base = type.kind === 'base' ? this.#document.baseType(type.name) : undefined;
    return { size: base?.size || 4, signed: base?.kind === 'int' && base.signed === true };
  }

  #enumStorage(name: string): { size: number; signed: boolean } {
    const record = this.#document.enum(name);
    const base = record && this.#document.baseType(record.base);
    return { size: record?.size || 4, signed: base?.signed === true };
  }

  #reference(type: IsfType): TypeRef {
    switch (type.kind) {
      case 'base':
        return this.#base(type.name);
      case 'struct':
      case 'union':
      case 'class':
        return { kind: 'struct', name: type.name };
      case 'enum':
        return { kind: 'enum', name: type.name, ...this.#enumStorage(type.name) };
      case 'pointer': {
        const size = type.base === undefined ? undefined : this.#document.baseType(type.base)?.size;
        return { kind: 'pointer', size: size ?? this.pointerSize, target: this.#reference(type.subtype) };
      }
      case 'array':
        return { kind: 'array', count: type.count, element: this.#reference(type.subtype) };
      case 'function':
        return { kind: 'function' };
      case 'bitfield':
        // Only a member can be one; anywhere else it has no meaning.
        return { kind: 'void' };
    }
  }

  #base(name: string): TypeRef {
    const base = this.#document.baseType(name);
    if (base === undefined || base.kind === 'void') return { kind: 'void' };
    const { size } = base;
    if (base.kind === 'float') return { kind: 'float', name, size };
    if (base.kind === 'bool') return { kind: 'bool', name, size };
    return { kind: 'int', name, size, signed: base.signed === true, ...(name === 'char' ? { char: true } : {}) };
  }
}

/** The name of the aggregate that a member without a name has as its type. Files before 6.2 only call it so. */
function anonymousAggregate(name: string, { anonymous, type }: IsfField): string | undefined {
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
  return anonymous === true || /^unnamed_field_\d+$/.test(name) ? type.name : undefined;
}
