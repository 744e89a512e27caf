/** `json`: one array of row objects; `jsonl`: one object a line. Both stream. */
import type { RendererFactory } from '../renderer.js';
import { jsonRow } from '../values.js';

export const json: RendererFactory = ({ columns }) => {
  let separator = '\n  ';
  return {
    begin: () => '[',
    row: ({ row, partial }) => {
      const text = separator + JSON.stringify(jsonRow(columns, row, partial));
      separator = ',\n  ';
      return text;
    },
    end: () => '\n]\n',
  };
};

export const jsonl: RendererFactory = ({ columns }) => ({
  begin: () => '',
  row: ({ row, partial }) => `${JSON.stringify(jsonRow(columns, row, partial))}\n`,
  end: () => '',
});
