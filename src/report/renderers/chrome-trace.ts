/**
 * `chrome-trace`: the Trace Event Format that Perfetto and chrome://tracing open. Lifetimes become bars, one lane an
 * object, grouped by what they are; other results with times become instants.
 *
 * Source: "Trace Event Format", Google: `X` complete events, `i` instants, `M` metadata; times in microseconds.
 */
import type { RendererFactory } from '../renderer.js';
import { jsonRow } from '../values.js';

const NS_PER_US = 1000;

export const chromeTrace: RendererFactory = ({ name, columns, timeline, lifetime }) => {
  const lanes = new Map<string, number>();
  let objects = 0;
  let separator = '\n';
  const event = (value: object) => {
    const text = separator + JSON.stringify(value);
    separator = ',\n';
    return text;
  };
  const lane = (title: string): { readonly pid: number; readonly text: string } => {
    const known = lanes.get(title);
    if (known !== undefined) return { pid: known, text: '' };
    const pid = lanes.size + 1;
    lanes.set(title, pid);
    return { pid, text: event({ name: 'process_name', ph: 'M', pid, args: { name: title } }) };
  };
  return {
    begin: () => '{"displayTimeUnit":"ms","traceEvents":[',
    row: ({ row, partial }) => {
      const args = jsonRow(columns, row, partial);
      if (lifetime !== undefined) {
        const { pid, text } = lane(String(row[lifetime.lane]));
        const start = row[lifetime.start];
        const end = row[lifetime.end];
        if (typeof start !== 'bigint' || typeof end !== 'bigint') return text;
        const tid = ++objects;
        const title = String(row[lifetime.name]);
        const times = { ts: Number(start) / NS_PER_US, dur: Number(end - start) / NS_PER_US };
        return (
          text +
          event({ name: 'thread_name', ph: 'M', pid, tid, args: { name: title } }) +
          event({ name: title, cat: String(row[lifetime.lane]), ph: 'X', pid, tid, ...times, args })
        );
      }
      let out = '';
      for (const [column, what] of Object.entries(timeline?.events ?? {})) {
        const time = row[column];
        if (typeof time !== 'bigint' || timeline === undefined) continue;
        const { pid, text } = lane(name);
        const title = `${what === '' ? row.event : what}: ${timeline.describe(row)}`;
        out += text + event({ name: title, ph: 'i', s: 'g', pid, tid: 0, ts: Number(time) / NS_PER_US, args });
      }
      return out;
    },
    end: () => '\n]}\n',
  };
};
