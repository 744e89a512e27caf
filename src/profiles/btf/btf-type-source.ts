/**
 * BTF as a `TypeSource`: a struct is found by a hash of its name and decoded when it is asked for.
 *
 * Aggregates without a name that stand behind a typedef go by the typedef's name (`atomic_t`); those without either are
 * called `unnamed_ID`, with `ID` the BTF type id, and can be looked up under that name. Source files are free to have
 * structures of their own under one name: the first is found by it, members of another's type refer to `NAME@ID`. In split
 * BTF, whose ids other modules use as well, both end in `@TAG`.
 */
import type { Btf } from '../../formats/btf/btf.js';
import type { BtfCategory } from '../../formats/btf/btf-names.js';
import { INT_BOOL, INT_CHAR, INT_SIGNED, isModifier, KIND } from '../../formats/btf/layout.js';
import { bitField } from '../bit-field.js';
import type { EnumType, Field, StructType, TypeRef, TypeSource } from '../types.js';

/** Anonymous aggregates nest three or four deep in real kernels. */
const MAX_NESTING = 32;
/** More members than any real struct has, those of nested ones counted; bounds what a forged section makes us do. */
const MAX_MEMBERS = 20_000;
const MAX_TYPE_DEPTH = 32;

const UNNAMED = 'unnamed_';
const NUMBERED = /^(?:unnamed_|\w+@)(\d{1,9})$/;
const VOID: TypeRef = { kind: 'void' };

export class BtfTypeSource implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #btf: Btf;
  readonly #suffix: string;
  readonly #structs = new Map<string, StructType | undefined>();
  readonly #enums = new Map<string, EnumType | undefined>();

  /** @param tag of split BTF: what tells it from other modules' */
  constructor(btf: Btf, pointerSize: 4 | 8, tag = '') {
    this.#btf = btf;
    this.#suffix = tag === '' ? '' : `@${tag}`;
    this.pointerSize = pointerSize;
  }

  struct(name: string): StructType | undefined {
    if (!this.#structs.has(name)) {
      const id = this.#idOf(name, 'aggregate', isAggregate);
      this.#structs.set(name, id === undefined ? undefined : this.#buildStruct(name, id));
    }
    return this.#structs.get(name);
  }

  enum(name: string): EnumType | undefined {
    if (!this.#enums.has(name)) {
      const id = this.#idOf(name, 'enum', isEnum);
      this.#enums.set(name, id === undefined ? undefined : this.#buildEnum(name, id));
    }
    return this.#enums.get(name);
  }

  structNames(): Iterable<string> {
    return this.#namesOf(isAggregate);
  }

  enumNames(): Iterable<string> {
    return this.#namesOf(isEnum);
  }

  aliasNames(): Iterable<string> {
    const names = new Set<string>();
    for (let id = this.#btf.firstId; id < this.#btf.endId; id++) {
      if (this.#btf.kind(id) === KIND.typedef && isAggregate(this.#btf.kind(this.#btf.resolve(id)))) {
        names.add(this.#btf.name(id));
      }
    }
    for (const name of this.structNames()) names.delete(name);
    return names;
  }

  #namesOf(fits: (kind: number) => boolean): Set<string> {
    const names = new Set<string>();
    for (let id = this.#btf.firstId; id < this.#btf.endId; id++) {
      if (fits(this.#btf.kind(id))) names.add(this.#btf.name(id));
    }
    names.delete('');
    return names;
  }

  /** The id of the type called `name`: its own name, a typedef's, `unnamed_ID` or `NAME@ID`. */
  #idOf(name: string, category: BtfCategory, fits: (kind: number) => boolean): number | undefined {
    const own = this.#btf.find(name, category);
    if (own !== undefined) return own;
    const numbered = name.endsWith(this.#suffix)
      ? NUMBERED.exec(name.slice(0, name.length - this.#suffix.length))
      : null;
    const id = numbered === null ? this.#btf.find(name, 'typedef') : Number(numbered[1]);
    if (id === undefined || id < this.#btf.firstId) return undefined;
    const target = this.#btf.resolve(id);
    return fits(this.#btf.kind(target)) ? target : undefined;
  }

  #buildStruct(name: string, id: number): StructType {
    const fields = new Map<string, Field>();
    this.#collect(id, 0, 0, fields, { members: MAX_MEMBERS });
    return { name, union: this.#btf.kind(id) === KIND.union, size: this.#btf.sizeOrType(id), fields };
  }

  /** Adds the members of aggregate `id`, which lies `baseBits` into the outermost one, to `fields`. */
  #collect(id: number, baseBits: number, depth: number, fields: Map<string, Field>, budget: { members: number }): void {
    if (depth > MAX_NESTING) return;
    for (const member of this.#btf.members(id)) {
      if (budget.members-- <= 0) return;
      const bitOffset = baseBits + member.bitOffset;
      if (member.name === '') {
        const inner = this.#btf.resolve(member.type);
        if (isAggregate(this.#btf.kind(inner))) this.#collect(inner, bitOffset, depth + 1, fields, budget);
      } else if (!fields.has(member.name)) {
        fields.set(member.name, this.#field(member.name, member.type, bitOffset, member.bits));
      }
    }
  }

  #field(name: string, type: number, bitOffset: number, bits: number): Field {
    if (bits === 0 && bitOffset % 8 === 0) return { name, offset: bitOffset / 8, type: this.#reference(type, 0) };
    const target = this.#btf.resolve(type);
    const isInt = this.#btf.kind(target) === KIND.int;
    const size = Math.min(this.#btf.sizeOrType(target) || 4, 8);
    const signed = isInt && (this.#btf.intEncoding(target).flags & INT_SIGNED) !== 0;
    return bitField(name, bitOffset, bits || size * 8, size, signed);
  }

  #reference(id: number, depth: number): TypeRef {
    if (depth > MAX_TYPE_DEPTH) return VOID;
    const target = this.#btf.resolve(id);
    const make = REFERENCES[this.#btf.kind(target)];
    if (make === undefined) return VOID;
    return make({
      btf: this.#btf,
      id: target,
      written: id,
      pointerSize: this.pointerSize,
      suffix: this.#suffix,
      inner: (next) => this.#reference(next, depth + 1),
    });
  }

  #buildEnum(name: string, id: number): EnumType {
    return { name, size: this.#btf.sizeOrType(id), constants: this.#btf.enumeration(id).constants };
  }
}

interface ReferenceContext {
  readonly btf: Btf;
  /** The type itself, and as it was written: perhaps through typedefs. */
  readonly id: number;
  readonly written: number;
  readonly pointerSize: 4 | 8;
  readonly suffix: string;
  inner(id: number): TypeRef;
}

/** How a type of each kind looks from a member that refers to it. */
const REFERENCES: Readonly<Record<number, (context: ReferenceContext) => TypeRef>> = {
  [KIND.int]: ({ btf, id }) => {
    const name = btf.name(id);
    const { flags } = btf.intEncoding(id);
    const size = btf.sizeOrType(id);
    if ((flags & INT_BOOL) !== 0) return { kind: 'bool', name, size };
    // pahole leaves the CHAR flag out, so the name has to tell.
    const char = name === 'char' || (flags & INT_CHAR) !== 0;
    return { kind: 'int', name, size, signed: (flags & INT_SIGNED) !== 0, ...(char ? { char } : {}) };
  },
  [KIND.float]: ({ btf, id }) => ({ kind: 'float', name: btf.name(id), size: btf.sizeOrType(id) }),
  [KIND.pointer]: ({ btf, id, pointerSize, inner }) => ({
    kind: 'pointer',
    size: pointerSize,
    target: inner(btf.sizeOrType(id)),
  }),
  [KIND.array]: ({ btf, id, inner }) => {
    const { element, count } = btf.array(id);
    return { kind: 'array', count, element: inner(element) };
  },
  [KIND.struct]: structReference,
  [KIND.union]: structReference,
  [KIND.forward]: ({ btf, id }) => ({ kind: 'struct', name: btf.name(id) }),
  [KIND.enum]: enumReference,
  [KIND.enum64]: enumReference,
  [KIND.functionPrototype]: () => ({ kind: 'function' }),
};

function structReference(context: ReferenceContext): TypeRef {
  return { kind: 'struct', name: nameOf(context) };
}

function enumReference(context: ReferenceContext): TypeRef {
  const { btf, id } = context;
  return { kind: 'enum', name: nameOf(context), size: btf.sizeOrType(id), signed: btf.enumeration(id).signed };
}

/** The type's own name, else that of the typedef nearest to it, else `unnamed_ID`. */
function nameOf({ btf, id, written, suffix }: ReferenceContext): string {
  const own = btf.name(id);
  // Ids of the base mean the same in every module.
  const ending = id < btf.firstId ? '' : suffix;
  if (own !== '') return isFirst(btf, id, own) ? own : `${own}@${id}${ending}`;
  let typedef = '';
  // `resolve` has come to an end on this chain, so it has no cycle.
  for (let step = written; step !== id && isModifier(btf.kind(step)); step = btf.sizeOrType(step)) {
    if (btf.kind(step) === KIND.typedef) typedef = btf.name(step);
  }
  return typedef === '' ? `${UNNAMED}${id}${ending}` : typedef;
}

/** Whether looking the name up leads to this type, rather than to another of the same name. */
function isFirst(btf: Btf, id: number, name: string): boolean {
  const category = isEnum(btf.kind(id)) ? 'enum' : 'aggregate';
  const { base } = btf;
  if (base !== undefined) {
    const ofBase = base.find(name, category);
    if (ofBase !== undefined || id < btf.firstId) return ofBase === id;
  }
  return btf.find(name, category) === id;
}

const isAggregate = (kind: number): boolean => kind === KIND.struct || kind === KIND.union;
const isEnum = (kind: number): boolean => kind === KIND.enum || kind === KIND.enum64;
