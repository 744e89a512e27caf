/**
 * C structures laid out as a compiler does on x86: natural alignment, in order of declaration. What the synthetic guest's
 * structures are written with and what its BTF is made from; independent of everything in src.
 *
 * A member's type is written `u32`, `s64`, `word` (unsigned long), `char[16]`, `*task_struct`, `*void`, `list_head`,
 * `*file[8]`.
 */

/** Members by name, in order. */
export type Declaration = Readonly<Record<string, string>>;

export type CType =
  | { readonly kind: 'int'; readonly name: string; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'void' }
  | { readonly kind: 'pointer'; readonly target: CType }
  | { readonly kind: 'array'; readonly element: CType; readonly count: number }
  | { readonly kind: 'struct'; readonly name: string };

export interface Member {
  readonly offset: number;
  readonly type: CType;
}

export interface Struct {
  readonly name: string;
  readonly size: number;
  readonly alignment: number;
  readonly members: ReadonlyMap<string, Member>;
}

const INTEGER = /^([us])(8|16|32|64)$/;

export class Layouts {
  readonly pointerSize: 4 | 8;
  readonly structs: ReadonlyMap<string, Struct>;

  /** Structures that are embedded in others must be declared before them. */
  constructor(pointerSize: 4 | 8, declarations: Readonly<Record<string, Declaration>>) {
    this.pointerSize = pointerSize;
    const structs = new Map<string, Struct>();
    this.structs = structs;
    for (const [name, declaration] of Object.entries(declarations)) structs.set(name, this.#layOut(name, declaration));
  }

  struct(name: string): Struct {
    const struct = this.structs.get(name);
    if (struct === undefined) throw new Error(`struct ${name} is not declared (yet)`);
    return struct;
  }

  /** Offset and type of `path`: `f_path.dentry`. */
  member(struct: string, path: string): Member {
    const [first = '', ...rest] = path.split('.');
    const member = this.struct(struct).members.get(first);
    if (member === undefined) throw new Error(`struct ${struct} has no ${first}`);
    if (rest.length === 0) return member;
    if (member.type.kind !== 'struct') throw new Error(`${struct}.${first} is no structure`);
    const inner = this.member(member.type.name, rest.join('.'));
    return { offset: member.offset + inner.offset, type: inner.type };
  }

  sizeOf(type: CType): number {
    switch (type.kind) {
      case 'int':
        return type.size;
      case 'pointer':
        return this.pointerSize;
      case 'array':
        return type.count * this.sizeOf(type.element);
      case 'struct':
        return this.struct(type.name).size;
      case 'void':
        return 0;
    }
  }

  #alignmentOf(type: CType): number {
    if (type.kind === 'array') return this.#alignmentOf(type.element);
    if (type.kind === 'struct') return this.struct(type.name).alignment;
    // The i386 ABI aligns 64-bit members to 4.
    return Math.min(this.sizeOf(type), this.pointerSize);
  }

  #layOut(name: string, declaration: Declaration): Struct {
    const members = new Map<string, Member>();
    let offset = 0;
    let alignment = 1;
    for (const [member, text] of Object.entries(declaration)) {
      const type = this.#parse(text);
      const own = this.#alignmentOf(type);
      offset = Math.ceil(offset / own) * own;
      members.set(member, { offset, type });
      offset += this.sizeOf(type);
      alignment = Math.max(alignment, own);
    }
    return { name, size: Math.ceil(offset / alignment) * alignment, alignment, members };
  }

  #parse(text: string): CType {
    const array = /^(.+)\[(\d+)\]$/.exec(text);
    if (array !== null) return { kind: 'array', element: this.#parse(array[1] ?? ''), count: Number(array[2]) };
    if (text.startsWith('*')) return { kind: 'pointer', target: this.#parse(text.slice(1)) };
    if (text === 'void') return { kind: 'void' };
    if (text === 'char') return { kind: 'int', name: 'char', size: 1, signed: true };
    if (text === 'word') return { kind: 'int', name: 'unsigned long', size: this.pointerSize, signed: false };
    const integer = INTEGER.exec(text);
    if (integer === null) return { kind: 'struct', name: text };
    return { kind: 'int', name: text, size: Number(integer[2]) / 8, signed: integer[1] === 's' };
  }
}
