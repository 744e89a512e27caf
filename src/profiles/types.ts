/**
 * The type model that every symbol source (ISF, BTF, DWARF, PDB) is turned into, and that `objects/` reads through.
 *
 * Descriptions only: no memory is read here, and no names are resolved against an image.
 */

/** A type as a member or a pointer target sees it. Named aggregates are looked up by name, lazily. */
export type TypeRef =
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly size: number;
      readonly signed: boolean;
      readonly char?: boolean;
    }
  | { readonly kind: 'float'; readonly name: string; readonly size: number }
  | { readonly kind: 'bool'; readonly name: string; readonly size: number }
  | { readonly kind: 'void' }
  | { readonly kind: 'pointer'; readonly size: number; readonly target: TypeRef }
  | { readonly kind: 'array'; readonly count: number; readonly element: TypeRef }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'enum'; readonly name: string; readonly size: number; readonly signed: boolean }
  | {
      readonly kind: 'bitfield';
      readonly size: number;
      readonly signed: boolean;
      readonly position: number;
      readonly bits: number;
    }
  | { readonly kind: 'function' };

/** One member: `offset` in bytes from the start of the aggregate (for bit-fields, of their storage unit). */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly type: TypeRef;
}

/**
 * A struct or union. Members of anonymous inner aggregates stand in `fields` under their own names, with offsets from
 * the outermost aggregate, as C sees them.
 */
export interface StructType {
  readonly name: string;
  readonly union: boolean;
  /** sizeof, in bytes. */
  readonly size: number;
  readonly fields: ReadonlyMap<string, Field>;
}

export interface EnumType {
  readonly name: string;
  readonly size: number;
  readonly constants: ReadonlyMap<string, bigint>;
}

/** Where types come from. Lookups are lazy: a source may hold 100,000 types and parse ten. */
export interface TypeSource {
  readonly pointerSize: 4 | 8;
  struct(name: string): StructType | undefined;
  enum(name: string): EnumType | undefined;
  /** Names of all structs and unions, for `profile show` and for building a whole profile. */
  structNames(): Iterable<string>;
  enumNames(): Iterable<string>;
  /** Further names that `struct` answers to: typedefs of structures that have a name of their own (`spinlock_t`). */
  aliasNames?(): Iterable<string>;
}

/** A kernel symbol. `address` is the virtual address at run time, KASLR applied. */
export interface KernelSymbol {
  readonly name: string;
  readonly address: bigint;
  /** nm's letter where the source has it (kallsyms, System.map): `T` text, `D` data, …; lower case is local. */
  readonly kind?: string;
  /** Module that the symbol belongs to; undefined for the kernel proper. */
  readonly module?: string;
}

/** Where symbols come from. Addresses are run-time addresses (already slid). */
export interface SymbolSource {
  address(name: string): bigint | undefined;
  /** The last symbol at or before `address`, with the distance; undefined outside of every known section. */
  nearest(address: bigint): { readonly symbol: KernelSymbol; readonly offset: number } | undefined;
  symbols(): Iterable<KernelSymbol>;
}

/** What the analysis knows about one kernel build: types, symbols, and where both came from. */
export interface Profile {
  readonly os: 'linux' | 'windows';
  readonly pointerSize: 4 | 8;
  /** For Linux the full `Linux version …` banner; for Windows `pdb/GUID-age`. */
  readonly banner: string;
  /** Kernel release (`6.1.0-50-amd64`) or Windows build (`10.0.19041`). */
  readonly release: string;
  readonly types: TypeSource;
  readonly symbols: SymbolSource;
  /** One line each on where types and symbols came from: "types: BTF in the image (100642 types)". */
  readonly sources: readonly string[];
  /** What is known to be missing, one line each; absent when nothing is. */
  readonly gaps?: readonly string[];
  /** Keeps for the next run what this one found out. To be called when the image is done with; absent when nothing is kept. */
  readonly remember?: () => void;
}
