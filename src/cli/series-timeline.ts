/** The work of `timeline -f snapshot:NAME`: from when to when each object of a series was there. */
import { comparedPlugins } from '../analysis/changes/compared-plugins.js';
import { type Lifetime, LifetimeCollector, type Span } from '../analysis/series/lifetimes.js';
import { membersWithKernel } from '../analysis/series/members-with-kernel.js';
import { ObjectSeries } from '../analysis/series/object-series.js';
import type { SeriesRunner } from '../analysis/series/series-runner.js';
import { type Columns, column, type Row } from '../core/columns.js';
import { UserError } from '../core/errors.js';
import { wallTime } from '../objects/linux/clock.js';
import type { SeriesMember } from '../open/open-series.js';
import { lifeBar } from '../report/life-bar.js';
import type { OverTimeResult } from './over-time.js';
import { type SeriesClock, seriesClock } from './series-clock.js';

function columnsOf(clock: SeriesClock): Columns {
  return {
    kind: column.text('What it is'),
    object: column.text('Which one'),
    firstSeen: column.integer('Observed: number of the first snapshot that has it'),
    lastSeen: column.integer('Observed: number of the last snapshot that has it'),
    life: column.text('One mark a snapshot, from the first to the last: there or not'),
    firstSeenAt: clock.column('Observed: when that first snapshot was taken'),
    lastSeenAt: clock.column('Observed: when that last snapshot was taken'),
    beganAfter: clock.column('Inferred: it began after this snapshot, the last one without it'),
    endedBefore: clock.column('Inferred: it ended before this snapshot, the first one without it'),
    began: column.time("Recorded: its beginning by the kernel's own account"),
    firstSeenTime: column.time('Observed: the first snapshot on the calendar of the guest', { quiet: true }),
    lastSeenTime: column.time('Observed: the last snapshot on the calendar of the guest', { quiet: true }),
    endTime: column.time('Where it ends on a chart: the first snapshot without it, or the last of all', {
      quiet: true,
    }),
    identity: column.text('What tells the object from others', { quiet: true }),
  };
}

/** One row for each stretch of an object's life; kinds in their order, then by first appearance. */
export function seriesTimeline(
  members: readonly SeriesMember[],
  only: readonly string[] | undefined,
  runner: SeriesRunner,
  note: (text: string) => void,
): OverTimeResult {
  const clock = seriesClock(members);
  const rows = async function* () {
    const usable = await membersWithKernel(runner, members, note);
    const [first] = usable;
    if (first === undefined) return;
    const objects = await ObjectSeries.create(runner, first);
    const plugins = await comparedPlugins(objects.os, { only });
    // Member after member, so that no more than two of them are at work at once.
    const collectors = plugins.map((plugin) => ({ plugin, collector: new LifetimeCollector(plugin) }));
    const silent = new Set<string>();
    for (const [index, member] of members.entries()) {
      if (!usable.includes(member)) continue;
      const { linux } = await runner.image(member.name, member.memory);
      clock.guestClock(index, linux === undefined ? undefined : wallTime(linux));
      for (const { plugin, collector } of collectors) {
        if (silent.has(plugin.name)) continue;
        try {
          collector.add(index, await objects.objects(plugin, member));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          silent.add(plugin.name);
          note(`${plugin.name}: ${error.message}`);
        }
      }
    }
    for (const { collector } of collectors) {
      for (const lifetime of collector.lifetimes()) {
        for (const span of lifetime.spans) {
          yield { row: rowOf(lifetime, span, members, clock), partial: lifetime.partial };
        }
      }
    }
  };
  return {
    columns: columnsOf(clock),
    rows: rows(),
    timeline: {
      events: { began: 'began (kernel record)', firstSeenTime: 'first seen', lastSeenTime: 'last seen' },
      describe: (row) => `${row.kind} ${row.object}`,
    },
    lifetime: { lane: 'kind', name: 'object', start: 'firstSeenTime', end: 'endTime' },
  };
}

function rowOf(lifetime: Lifetime, span: Span, members: readonly SeriesMember[], clock: SeriesClock): Row {
  const { diff } = lifetime.plugin;
  const began = diff.began === undefined ? undefined : lifetime.row[diff.began];
  return {
    kind: diff.kind,
    object: diff.describe(lifetime.row),
    firstSeen: members[span.first]?.number,
    lastSeen: members[span.last]?.number,
    life: lifeBar(span, members.length),
    firstSeenAt: clock.at(span.first),
    lastSeenAt: clock.at(span.last),
    beganAfter: clock.at(span.first - 1),
    endedBefore: clock.at(span.last + 1),
    began: typeof began === 'bigint' ? began : undefined,
    firstSeenTime: clock.calendar(span.first),
    lastSeenTime: clock.calendar(span.last),
    endTime: clock.calendar(span.last + 1) ?? clock.calendar(members.length - 1),
    identity: lifetime.key,
  };
}
