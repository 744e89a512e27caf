/**
 * `bodyfile`: The Sleuth Kit's mactime input (3.x: MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime), one line
 * for each moment of each row. For results that have times; the others give nothing.
 */
import type { RendererFactory } from '../renderer.js';
import { printable } from '../values.js';

const NS_PER_SECOND = 1_000_000_000n;

/** Which of mactime's four columns an event belongs to, by the words of its description. */
const COLUMNS: readonly (readonly [RegExp, number])[] = [
  [/access/i, 0],
  [/modif|writ/i, 1],
  [/chang/i, 2],
  [/./, 3],
];

export const bodyfile: RendererFactory = ({ name, timeline }) => ({
  begin: () => '',
  row: ({ row }) => {
    if (timeline === undefined) return '';
    let text = '';
    for (const [column, event] of Object.entries(timeline.events)) {
      const time = row[column];
      if (typeof time !== 'bigint') continue;
      const what = event === '' ? String(row.event) : event;
      const times = ['0', '0', '0', '0'];
      const place = COLUMNS.find(([pattern]) => pattern.test(what))?.[1] ?? 3;
      times[place] = (time / NS_PER_SECOND).toString();
      const label = printable(
        event === '' ? `[${row.source}] ${timeline.describe(row)}` : `[${name}] ${event}: ${timeline.describe(row)}`,
      ).replaceAll('|', '\\x7c');
      text += `0|${label}|0|---------------|0|0|0|${times.join('|')}\n`;
    }
    return text;
  },
  end: () => '',
});
