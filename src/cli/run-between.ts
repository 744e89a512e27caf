/** The work of `PLUGIN --between A..B`: the objects of all snapshots in between, with when each was seen. */
import { isCompared } from '../analysis/changes/identified-rows.js';
import type { Options, OptionsOf, Plugin } from '../analysis/plugin.js';
import type { MarkedRow } from '../analysis/run-plugin.js';
import { LifetimeCollector } from '../analysis/series/lifetimes.js';
import { membersWithKernel } from '../analysis/series/members-with-kernel.js';
import { ObjectSeries } from '../analysis/series/object-series.js';
import type { SeriesRunner } from '../analysis/series/series-runner.js';
import { type Columns, column } from '../core/columns.js';
import { UsageError } from '../core/errors.js';
import type { SeriesMember } from '../open/open-series.js';
import type { OverTimeResult } from './over-time.js';
import { type SeriesClock, seriesClock } from './series-clock.js';

/** What is put before a plugin's own columns. */
function seenColumns(clock: SeriesClock): Columns {
  return {
    firstSeen: column.integer('Number of the first snapshot that has it'),
    lastSeen: column.integer('Number of the last snapshot that has it'),
    firstSeenAt: clock.column('When that first snapshot was taken'),
    lastSeenAt: clock.column('When that last snapshot was taken'),
    seenIn: column.integer('In how many of the snapshots it is', { quiet: true }),
  };
}

/**
 * @param members of one series, in order
 * @throws UsageError when the plugin does not say what identifies its objects
 */
export function runBetween(
  plugin: Plugin,
  members: readonly SeriesMember[],
  options: OptionsOf<Options>,
  runner: SeriesRunner,
  note: (text: string) => void,
): OverTimeResult {
  if (!isCompared(plugin)) {
    throw new UsageError(`${plugin.name} has no objects that last, so there is nothing between two moments to tell`);
  }
  const clock = seriesClock(members);
  const rows = async function* (): AsyncGenerator<MarkedRow> {
    const usable = await membersWithKernel(runner, members, note);
    const [first] = usable;
    if (first === undefined) return;
    const objects = await ObjectSeries.create(runner, first);
    const collector = new LifetimeCollector(plugin);
    // Without a kernel there are no objects, which is not the same as not having looked.
    for (const [index, member] of members.entries()) {
      if (usable.includes(member)) collector.add(index, await objects.objects(plugin, member, options));
    }
    for (const { spans, row, partial } of collector.lifetimes()) {
      const from = spans[0]?.first ?? 0;
      const to = spans.at(-1)?.last ?? 0;
      const seen = {
        firstSeen: members[from]?.number,
        lastSeen: members[to]?.number,
        firstSeenAt: clock.at(from),
        lastSeenAt: clock.at(to),
        seenIn: spans.reduce((sum, span) => sum + span.last - span.first + 1, 0),
      };
      yield { row: { ...seen, ...row }, partial };
    }
  };
  return { columns: { ...seenColumns(clock), ...plugin.columns }, rows: rows() };
}
