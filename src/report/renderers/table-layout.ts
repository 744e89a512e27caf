/** Columns laid out by the `table` library, which knows how wide characters are. Loaded only for text that needs it. */
import { getBorderCharacters, table } from 'table';

export function laidOut(rows: readonly (readonly string[])[], right: readonly boolean[], gap: number): string {
  return table(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters('void'),
      columnDefault: { paddingLeft: 0, paddingRight: gap },
      columns: right.map((isRight) => ({ alignment: isRight ? ('right' as const) : ('left' as const) })),
      drawHorizontalLine: () => false,
    },
  );
}
