/**
 * The types of a kernel build that earlier runs asked for, so that a short question need not read and index five megabytes
 * of BTF for thirty structures.
 *
 * Kept under the kernel's build ID, which is a digest of the types, too, and for one machine: what is kept is what its own BTF
 * said. What nobody has asked for yet comes from there.
 */
import type { BlobCache } from '../cache/blob-cache.js';
import type { EnumType, Field, StructType, TypeSource } from '../types.js';

/** Change it when what is stored changes its form. */
const FORM = 1;
/** Characters of all that is kept of a build. A whole profile being made asks for every type there is. */
const MOST_KEPT = 4 * 1024 * 1024;

/** Each type as JSON by its name, parsed when it is asked for; `null` for names that the build has no type of. */
interface Stored {
  readonly count: number;
  readonly structs: Readonly<Record<string, string>>;
  readonly enums: Readonly<Record<string, string>>;
}

export interface OpenTypes {
  readonly types: TypeSource;
  /** How many there are. */
  readonly count: number;
}

export class KeptTypes implements TypeSource {
  readonly pointerSize: 4 | 8;
  readonly #cache: BlobCache;
  readonly #key: string;
  readonly #open: () => OpenTypes | undefined;
  readonly #structs: KeptNames<StructType>;
  readonly #enums: KeptNames<EnumType>;
  #count: number | undefined;
  #opened: { readonly found: OpenTypes | undefined } | undefined;

  /**
   * @param build names the kernel's build, and the machine that it ran on
   * @param open the types in the image, undefined when they cannot be read; called once, when something is not kept
   */
  constructor(cache: BlobCache, build: string, pointerSize: 4 | 8, open: () => OpenTypes | undefined) {
    this.pointerSize = pointerSize;
    this.#cache = cache;
    this.#key = `linux types ${FORM} ${pointerSize} ${build}`;
    this.#open = open;
    const blob = cache.get(this.#key);
    const stored = blob === undefined ? undefined : (JSON.parse(blob.toString('utf8')) as Stored);
    this.#count = stored?.count;
    this.#structs = new KeptNames(stored?.structs ?? {}, structText, parseStruct);
    this.#enums = new KeptNames(stored?.enums ?? {}, enumText, parseEnum);
  }

  /** How many types the build has; undefined when none are kept and none can be read. */
  get count(): number | undefined {
    this.#count ??= this.#source()?.count;
    return this.#count;
  }

  struct(name: string): StructType | undefined {
    return this.#structs.get(
      name,
      this.#lookUp((types) => types.struct(name)),
    );
  }

  enum(name: string): EnumType | undefined {
    return this.#enums.get(
      name,
      this.#lookUp((types) => types.enum(name)),
    );
  }

  structNames(): Iterable<string> {
    return this.#source()?.types.structNames() ?? [];
  }

  enumNames(): Iterable<string> {
    return this.#source()?.types.enumNames() ?? [];
  }

  aliasNames(): Iterable<string> {
    return this.#source()?.types.aliasNames?.() ?? [];
  }

  /** Stores what was asked for, if there is anything new. */
  remember(): void {
    const count = this.count;
    if (count === undefined || !(this.#structs.hasNew || this.#enums.hasNew)) return;
    const stored: Stored = { count, structs: this.#structs.texts(), enums: this.#enums.texts() };
    const text = JSON.stringify(stored);
    if (text.length <= MOST_KEPT) this.#cache.put(this.#key, Buffer.from(text, 'utf8'));
  }

  /** What is there cannot be told from what cannot be read when the image's own types are damaged: that is not kept. */
  #lookUp<T>(find: (types: TypeSource) => T | undefined): () => { readonly type: T | undefined } | undefined {
    return () => {
      const source = this.#source();
      return source && { type: find(source.types) };
    };
  }

  #source(): OpenTypes | undefined {
    this.#opened ??= { found: this.#open() };
    return this.#opened.found;
  }
}

/** Types of one category by name. */
class KeptNames<T> {
  readonly #texts: Map<string, string>;
  readonly #types = new Map<string, T | undefined>();
  readonly #textOf: (type: T) => string;
  readonly #parse: (name: string, text: string) => T;
  hasNew = false;

  constructor(
    texts: Readonly<Record<string, string>>,
    textOf: (type: T) => string,
    parse: (name: string, text: string) => T,
  ) {
    this.#texts = new Map(Object.entries(texts));
    this.#textOf = textOf;
    this.#parse = parse;
  }

  /** @param find looks where all types are; undefined when they cannot be read */
  get(name: string, find: () => { readonly type: T | undefined } | undefined): T | undefined {
    if (this.#types.has(name)) return this.#types.get(name);
    const text = this.#texts.get(name);
    let type: T | undefined;
    if (text !== undefined) type = text === NONE ? undefined : this.#parse(name, text);
    else {
      const found = find();
      type = found?.type;
      if (found !== undefined) {
        this.#texts.set(name, type === undefined ? NONE : this.#textOf(type));
        this.hasNew = true;
      }
    }
    this.#types.set(name, type);
    return type;
  }

  texts(): Record<string, string> {
    return Object.fromEntries(this.#texts);
  }
}

const NONE = 'null';

function structText({ union, size, fields }: StructType): string {
  return JSON.stringify([union, size, [...fields.values()]]);
}

function parseStruct(name: string, text: string): StructType {
  const [union, size, fields] = JSON.parse(text) as [boolean, number, Field[]];
  return { name, union, size, fields: new Map(fields.map((field) => [field.name, field])) };
}

function enumText({ size, constants }: EnumType): string {
  return JSON.stringify([size, [...constants].map(([name, value]) => [name, value.toString()])]);
}

function parseEnum(name: string, text: string): EnumType {
  const [size, constants] = JSON.parse(text) as [number, [string, string][]];
  return { name, size, constants: new Map(constants.map(([constant, value]) => [constant, BigInt(value)])) };
}
