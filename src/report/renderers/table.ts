/** `table`: aligned columns for people, without borders. Not for machines: guest text is made printable. */
import type { RenderedRow, RendererFactory } from '../renderer.js';
import { alignsRight, textValue } from '../values.js';
import { alignedText } from './aligned-text.js';

const PARTIAL_MARK = '~';
/** Longer cells are cut, unless they are the last of their row: one long text must not push all others apart. */
const MAX_CELL = 72;

/** `createTime` as a heading: `CREATE TIME`. */
export function heading(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toUpperCase();
}

export const table: RendererFactory = ({ columns }) => {
  const shown = Object.entries(columns).filter(([, column]) => column.quiet !== true);
  const rows: string[][] = [shown.map(([name]) => heading(name))];
  let partials = 0;
  return {
    begin: () => '',
    row: ({ row, partial }: RenderedRow) => {
      const cells = shown.map(([name, column], index) => {
        const text = textValue(column, row[name]) || '-';
        return text.length > MAX_CELL && index < shown.length - 1 ? `${text.slice(0, MAX_CELL - 1)}…` : text;
      });
      if (partial) {
        partials++;
        cells[cells.length - 1] += ` ${PARTIAL_MARK}`;
      }
      rows.push(cells);
      return '';
    },
    end: async () => {
      const right = shown.map(([, column]) => alignsRight(column));
      const legend =
        partials > 0 ? `${PARTIAL_MARK} ${partials} of these rows rest on memory that is partly unreadable\n` : '';
      return (await alignedText(rows, right)) + legend;
    },
  };
};
