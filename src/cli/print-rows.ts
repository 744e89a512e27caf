/** Prints a small result that no plugin made, as a table or as JSON. */
import type { Columns, Row } from '../core/columns.js';
import { RENDERERS } from '../report/renderers/index.js';

export async function printRows(name: string, columns: Columns, rows: readonly Row[], json: boolean): Promise<void> {
  const make = await RENDERERS[json ? 'json' : 'table']();
  const renderer = make({ name, columns, allColumns: columns, source: '' });
  const body = rows.map((row) => renderer.row({ row, partial: false })).join('');
  process.stdout.write(renderer.begin() + body + (await renderer.end()));
}
