/**
 * Rows of cells as aligned columns. The `table` library lays them out where characters are not all one cell wide; plain
 * text needs no measuring, and then the library is not even loaded (with it a short command takes a fifth longer).
 */

/** Spaces between columns. */
const GAP = 2;

/** ASCII, and what renderers add themselves. */
const PLAIN = /^[\x20-\x7e…└]*$/;
/** Above this many rows measuring would take longer than everything else: 0.1 ms a row. */
const MANY_ROWS = 2000;

/**
 * @param rows cells without line breaks and control characters
 * @param right of each column: whether it is aligned right
 */
export async function alignedText(rows: readonly (readonly string[])[], right: readonly boolean[]): Promise<string> {
  const isPlain = rows.length > MANY_ROWS || rows.every((row) => row.every((cell) => PLAIN.test(cell)));
  const text = isPlain ? padded(rows, right) : (await import('./table-layout.js')).laidOut(rows, right, GAP);
  return text.replace(/ +$/gm, '');
}

function padded(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  const widths = right.map((_, index) => rows.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), 0));
  const cell = (text: string, index: number) =>
    right[index] === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  return rows.map((row) => `${row.map(cell).join(' '.repeat(GAP))}\n`).join('');
}
