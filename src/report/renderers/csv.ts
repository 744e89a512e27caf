/** `csv`: RFC 4180 with a header line; absent values are empty. Streams. */
import { stringify } from 'csv-stringify/sync';
import type { RendererFactory } from '../renderer.js';
import { jsonValue } from '../values.js';

export const csv: RendererFactory = ({ columns }) => {
  const entries = Object.entries(columns);
  const line = (cells: readonly unknown[]) => stringify([[...cells]]);
  return {
    begin: () => line([...entries.map(([name]) => name), 'partial']),
    row: ({ row, partial }) =>
      line([
        ...entries.map(([name, column]) => {
          const value = jsonValue(column, row[name]);
          return value === null ? '' : Array.isArray(value) ? value.join(',') : String(value);
        }),
        partial ? 'true' : '',
      ]),
    end: () => '',
  };
};
