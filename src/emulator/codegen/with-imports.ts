/** What a generated module is given to import, put together. Names that are made on demand stay so until a module wants them. */

export type Imports = Record<string, WebAssembly.ImportValue>;

/** `base` and `more`, which goes before. Not a copy: a copy would make all that `base` makes on demand. */
export function withImports(base: Imports, more: Imports): Imports {
  return Object.assign(Object.create(base), more);
}
