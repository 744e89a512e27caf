/** What analysis commands give over several snapshots. When one is meant so, `is-over-time.ts` says. */
import type { Options, OptionsOf, Plugin } from '../analysis/plugin.js';
import type { MarkedRow } from '../analysis/run-plugin.js';
import { SeriesRunner } from '../analysis/series/series-runner.js';
import type { Columns } from '../core/columns.js';
import { UsageError } from '../core/errors.js';
import { openSeries } from '../open/open-series.js';
import type { ResultShape } from '../report/renderer.js';
import { TIMELINE } from './is-over-time.js';
import { keepHeapSmall } from './keep-heap-small.js';
import { runBetween } from './run-between.js';
import { seriesTimeline } from './series-timeline.js';

export interface OverTimeResult extends Pick<ResultShape, 'timeline' | 'lifetime'> {
  readonly columns: Columns;
  readonly rows: AsyncIterable<MarkedRow>;
}

export interface OverTimeRequest {
  /** What `-f` named. */
  readonly source: string;
  /** What `--between` said. */
  readonly between?: string | undefined;
  readonly store?: string | undefined;
  readonly profile?: string | undefined;
  readonly cache: boolean;
  note(text: string): void;
}

/** Runs `plugin` over the snapshots that the request names; `close` gives them back when the rows are through. */
export function runOverTime(plugin: Plugin, options: OptionsOf<Options>, request: OverTimeRequest) {
  keepHeapSmall();
  const members = openSeries(seriesName(request), request);
  const runner = new SeriesRunner({
    cache: request.cache,
    ...(request.profile === undefined ? {} : { profilePath: request.profile }),
  });
  const sources = options.sources as readonly string[] | undefined;
  const result: OverTimeResult =
    plugin.name === TIMELINE
      ? seriesTimeline(members, sources, runner, request.note)
      : runBetween(plugin, members, options, runner, request.note);
  return {
    ...result,
    close: () => {
      for (const { memory } of members) memory.close();
    },
  };
}

function seriesName({ source, between }: OverTimeRequest): string {
  if (between === undefined) return source;
  if (!/^snapshot:[^@]+$/.test(source)) {
    throw new UsageError('--between needs a series of snapshots', 'name it: -f snapshot:NAME --between 3..9');
  }
  if (!between.includes('..')) throw new UsageError(`'${between}' is not a range`, 'write 3..9, t=1s..t=5s, tag..last');
  return `${source}@${between}`;
}
