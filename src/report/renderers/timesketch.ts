/**
 * `timesketch`: JSON Lines that Timesketch imports: `message`, `datetime` and `timestamp_desc`, then the row itself. One
 * line for each moment of each row; results without times give nothing.
 */
import type { RendererFactory } from '../renderer.js';
import { jsonRow, jsonValue } from '../values.js';

export const timesketch: RendererFactory = ({ name, columns, allColumns, timeline }) => ({
  begin: () => '',
  row: ({ row, partial }) => {
    let text = '';
    for (const [column, event] of Object.entries(timeline?.events ?? {})) {
      if (row[column] === undefined || timeline === undefined) continue;
      const line = {
        message: timeline.describe(row),
        datetime: jsonValue(allColumns[column]!, row[column]),
        timestamp_desc: event === '' ? String(row.event) : event,
        data_type: `memlapse:${name}`,
        ...jsonRow(columns, row, partial),
      };
      text += `${JSON.stringify(line)}\n`;
    }
    return text;
  },
  end: () => '',
});
