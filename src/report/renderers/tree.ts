/** `tree`: the table with its rows ordered by parent and indented. Rows whose parent is missing are roots. */
import type { RenderedRow, RendererFactory } from '../renderer.js';
import { alignsRight, textValue } from '../values.js';
import { alignedText, table } from './table.js';

export const tree: RendererFactory = (shape) => {
  const { columns } = shape;
  if (shape.tree === undefined) return table(shape);
  const { id, parent } = shape.tree;
  const rows: RenderedRow[] = [];
  return {
    begin: () => '',
    row: (rendered) => {
      rows.push(rendered);
      return '';
    },
    end: () => {
      const shown = Object.entries(columns).filter(([, column]) => column.quiet !== true);
      const lines = [['', ...shown.map(([name]) => name.toUpperCase())]];
      for (const { rendered, depth } of ordered(rows, id, parent)) {
        lines.push([
          `${'  '.repeat(depth)}${depth > 0 ? '└' : '─'}`,
          ...shown.map(([name, column]) => textValue(column, rendered.row[name])),
        ]);
      }
      return alignedText(lines, [false, ...shown.map(([, column]) => alignsRight(column))]);
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
