/** Pours a plugin's rows through a renderer onto stdout, with the reader's pace. */
import { once } from 'node:events';
import type { MarkedRow } from '../analysis/run-plugin.js';
import type { Row } from '../core/columns.js';
import type { Renderer } from '../report/renderer.js';

/** Texts shorter than this are gathered into one write. */
const BATCH = 32 * 1024;

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes all rows that pass `accepts`; returns how many. */
export async function renderRows(
  rows: AsyncIterable<MarkedRow>,
  renderer: Renderer,
  accepts: (row: Row) => boolean,
): Promise<number> {
  let pending = renderer.begin();
  let count = 0;
  for await (const marked of rows) {
    if (!accepts(marked.row)) continue;
    count++;
    pending += renderer.row(marked);
    if (pending.length >= BATCH) {
      await write(pending);
      pending = '';
    }
  }
  await write(pending + (await renderer.end()));
  return count;
}
