/**
 * `tree`: the table with its rows ordered by parent and the identifying column indented. Rows whose parent is missing
 * are roots.
 */
import type { RenderedRow, RendererFactory } from '../renderer.js';
import { alignsRight, textValue } from '../values.js';
import { alignedText } from './aligned-text.js';
import { heading, table } from './table.js';

export const tree: RendererFactory = (shape) => {
  const { columns } = shape;
  const { id, parent } = shape.tree ?? { id: '', parent: '' };
  // Without the identifying column there is nothing to indent.
  if (columns[id] === undefined) return table(shape);
  const rows: RenderedRow[] = [];
  return {
    begin: () => '',
    row: (rendered) => {
      rows.push(rendered);
      return '';
    },
    end: () => {
      const others = Object.entries(columns).filter(([name, column]) => column.quiet !== true && name !== id);
      const lines = [[heading(id), ...others.map(([name]) => heading(name))]];
      for (const { rendered, depth } of ordered(rows, id, parent)) {
        const branch = depth === 0 ? '' : `${'  '.repeat(depth - 1)}└ `;
        lines.push([
          branch + textValue(columns[id]!, rendered.row[id]),
          ...others.map(([name, column]) => textValue(column, rendered.row[name])),
        ]);
      }
      return alignedText(lines, [false, ...others.map(([, column]) => alignsRight(column))]);
    },
  };
};

/** Depth-first order; a cycle of parents (forged) is broken at its first member. */
function* ordered(
  rows: readonly RenderedRow[],
  id: string,
  parent: string,
): Generator<{ rendered: RenderedRow; depth: number }> {
  const ids = new Set(rows.map(({ row }) => row[id]));
  const children = new Map<unknown, RenderedRow[]>();
  const roots: RenderedRow[] = [];
  for (const rendered of rows) {
    const above = rendered.row[parent];
    if (!ids.has(above) || above === rendered.row[id]) roots.push(rendered);
    else children.set(above, [...(children.get(above) ?? []), rendered]);
  }
  const placed = new Set<RenderedRow>();
  const stack = roots.reverse().map((rendered) => ({ rendered, depth: 0 }));
  const left = [...rows].reverse();
  for (;;) {
    const next = stack.pop();
    if (next === undefined) {
      const orphan = left.pop();
      if (orphan === undefined) return;
      if (!placed.has(orphan)) stack.push({ rendered: orphan, depth: 0 });
      continue;
    }
    if (placed.has(next.rendered)) continue;
    placed.add(next.rendered);
    yield next;
    const below = children.get(next.rendered.row[id]) ?? [];
    for (const rendered of [...below].reverse()) stack.push({ rendered, depth: next.depth + 1 });
  }
}
