/**
 * Turns a table {property: [section name, parser]} into an object whose properties parse their section on first use.
 * A test that needs the mounts does not pay for 90,000 kernel symbols.
 */

type Parse = (lines: readonly string[]) => unknown;
export type SectionTable = Readonly<Record<string, readonly [section: string, parse: Parse]>>;

/** What the parsers of a table return, by property. */
export type Parsed<Table extends SectionTable> = { readonly [Key in keyof Table]: ReturnType<Table[Key][1]> };

/** Like Parsed, where a section that the guest did not print is undefined. */
export type Printed<Table extends SectionTable> = {
  readonly [Key in keyof Table]: ReturnType<Table[Key][1]> | undefined;
};

/**
 * `linesOf` answers undefined for a section that is not there; the property is then undefined, unless `linesOf` throws.
 */
export function lazySections<Table extends SectionTable>(
  table: Table,
  linesOf: (section: string) => readonly string[] | undefined,
): Printed<Table> {
  const result = {};
  for (const [key, [section, parse]] of Object.entries(table)) {
    let parsed: { readonly value: unknown } | undefined;
    Object.defineProperty(result, key, {
      enumerable: true,
      get() {
        if (parsed === undefined) {
          const lines = linesOf(section);
          parsed = { value: lines === undefined ? undefined : parse(lines) };
        }
        return parsed.value;
      },
    });
  }
  return result as Printed<Table>;
}
