/**
 * Reading one line of ground truth. A line that does not have its section's shape is an error, never skipped: a parser
 * that loses rows would hide what the tests are there to find.
 */

/** The named groups of `pattern` in `line`; groups that took no part are empty strings. */
export function matchLine<Name extends string>(line: string, pattern: RegExp, ..._names: Name[]): Record<Name, string> {
  const groups = pattern.exec(line)?.groups;
  if (groups === undefined) throw new Error(`ground truth: unexpected line "${line}"`);
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, value ?? ''])) as Record<Name, string>;
}

/** Undoes the octal escapes (`\040`) that the kernel's seq_path and mangle_path put into path names. */
export function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** A bigint of hexadecimal digits without prefix. */
export function hex(digits: string): bigint {
  return BigInt(`0x${digits}`);
}
