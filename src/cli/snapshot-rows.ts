/** What the snapshot commands print, as rows. */
import { hex } from '../core/address.js';
import { column, type Row } from '../core/columns.js';
import { textValue } from '../report/values.js';
import type { GarbageReport } from '../snapshots/collect-garbage.js';
import type { SnapshotInfo } from '../snapshots/manifest.js';
import type { ListedSnapshot } from '../snapshots/store.js';
import type { Damage } from '../snapshots/verify-store.js';

export const LIST_COLUMNS = {
  series: column.text('Name of the series'),
  number: column.integer('Number within it'),
  guestTime: column.duration('Guest time since it was switched on'),
  instructions: column.integer('Instructions since it was switched on'),
  wallTime: column.time('When it was taken'),
  reason: column.text('What made it be taken'),
  label: column.text('What it was called'),
  tags: column.list('Names that lead to it'),
  memory: column.size('Bytes of memory'),
  pagesWritten: column.integer('Pages that were handed in', { quiet: true }),
  pagesNew: column.integer('Pages that the store had not had before'),
  base: column.integer('Number of the snapshot it is a difference to', { quiet: true }),
  format: column.text('Where it comes from', { quiet: true }),
  states: column.list('Parts of the machine beside memory', { quiet: true }),
};

export function listRow(snapshot: SnapshotInfo & Partial<ListedSnapshot>): Row<typeof LIST_COLUMNS> {
  const { series, number, moment, memory, states, tags, pagesWritten, pagesNew, base } = snapshot;
  return {
    series,
    number,
    guestTime: moment.guestTimeNs,
    instructions: moment.icount,
    wallTime: moment.wallTimeNs,
    reason: moment.reason,
    label: moment.label,
    tags: tags ?? [],
    memory: memory.ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    pagesWritten,
    pagesNew,
    base,
    format: memory.format,
    states: states.map(({ name, version, length }) => `${name} v${version} (${length} bytes)`),
  };
}

export const DAMAGE_COLUMNS = {
  series: column.text('Name of the series'),
  number: column.integer('Number within it'),
  what: column.text('What is damaged'),
  address: column.address('Physical address of the first byte concerned'),
  length: column.size('Bytes concerned'),
};

export const damageRow = (damage: Damage): Row<typeof DAMAGE_COLUMNS> => ({ ...damage });

export const GARBAGE_COLUMNS = {
  packsRemoved: column.integer('Packs of up to 16 pages that were removed'),
  packsKept: column.integer('Packs that are in use'),
  leavesRemoved: column.integer('Parts of page tables that were removed'),
  pagesStranded: column.integer('Unused pages in packs that are in use'),
};

export const garbageRow = (report: GarbageReport): Row<typeof GARBAGE_COLUMNS> => ({ ...report });

export const EXPORT_COLUMNS = {
  series: column.text('Name of the series'),
  number: column.integer('Number within it'),
  file: column.text('File that was written'),
  format: column.text('Its format'),
  written: column.size('Bytes of memory in it'),
  unreadable: column.size('Bytes that the snapshot does not have; they are zero'),
};

export const FACT_COLUMNS = { fact: column.text('What is said'), value: column.text('Its value') };

/** One snapshot, a fact a row: what people read. */
export function factRows(snapshot: ListedSnapshot): Row<typeof FACT_COLUMNS>[] {
  const { memory } = snapshot;
  const registers = memory.registers.flatMap((each, index) =>
    Object.entries(each).flatMap(([name, value]) =>
      typeof value === 'bigint' ? [{ fact: `cpu${index} ${name}`, value: hex(value) }] : [],
    ),
  );
  const row = listRow(snapshot) as Row<typeof LIST_COLUMNS>;
  return [
    ...Object.entries(LIST_COLUMNS).map(([fact, each]) => ({
      fact,
      value: textValue(each, row[fact as keyof typeof LIST_COLUMNS]),
    })),
    ...memory.ranges.map(({ start, end }) => ({ fact: 'range', value: `${hex(start)}-${hex(end)}` })),
    ...registers,
    ...(memory.notes ?? []).map((value) => ({ fact: 'note', value })),
  ];
}
