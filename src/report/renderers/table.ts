/** `table`: aligned columns for people, without borders. Not for machines: guest text is made printable. */
import { getBorderCharacters, table as layOut } from 'table';
import type { RenderedRow, RendererFactory } from '../renderer.js';
import { alignsRight, textValue } from '../values.js';

const PARTIAL_MARK = '~';
/** Longer cells are cut, unless they are the last of their row: one long text must not push all others apart. */
const MAX_CELL = 72;

/** `createTime` as a heading: `CREATE TIME`. */
export function heading(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toUpperCase();
}

/** Above this many rows cells are padded plainly: the library weighs every cell for escapes, 0.1 ms a row. */
const MANY_ROWS = 2000;
const GAP = 2;

/** Lays rows of cells out under their headings; shared with the tree renderer. */
export function alignedText(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  return (rows.length > MANY_ROWS ? padded(rows, right) : laidOut(rows, right)).replace(/[ ]+$/gm, '');
}

function laidOut(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  return layOut(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters('void'),
      columnDefault: { paddingLeft: 0, paddingRight: GAP },
      columns: right.map((isRight) => ({ alignment: isRight ? ('right' as const) : ('left' as const) })),
      drawHorizontalLine: () => false,
    },
  );
}

function padded(rows: readonly (readonly string[])[], right: readonly boolean[]): string {
  const widths = right.map((_, index) => rows.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), 0));
  const cell = (text: string, index: number) =>
    right[index] === true ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  return rows.map((row) => `${row.map(cell).join(' '.repeat(GAP))}\n`).join('');
}

export const table: RendererFactory = ({ columns }) => {
  const shown = Object.entries(columns).filter(([, column]) => column.quiet !== true);
  const rows: string[][] = [shown.map(([name]) => heading(name))];
  let partials = 0;
  return {
    begin: () => '',
    row: ({ row, partial }: RenderedRow) => {
      const cells = shown.map(([name, column], index) => {
        const text = textValue(column, row[name]);
        return text.length > MAX_CELL && index < shown.length - 1 ? `${text.slice(0, MAX_CELL - 1)}…` : text;
      });
      if (partial) {
        partials++;
        cells[cells.length - 1] += ` ${PARTIAL_MARK}`;
      }
      rows.push(cells);
      return '';
    },
    end: () => {
      const right = shown.map(([, column]) => alignsRight(column));
      const legend =
        partials > 0 ? `${PARTIAL_MARK} ${partials} of these rows rest on memory that is partly unreadable\n` : '';
      return alignedText(rows, right) + legend;
    },
  };
};
