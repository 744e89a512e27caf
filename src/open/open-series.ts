/**
 * Opens a series of snapshots, whole or in part, as members for `ObjectSeries`. Only stores have series; a file is a
 * single moment.
 */

import type { Member } from '../analysis/series/object-series.js';
import { UsageError } from '../core/errors.js';
import type { Moment } from '../snapshots/moment.js';
import { selectSnapshots } from '../snapshots/select-snapshot.js';
import { sharedStore } from './open-snapshot.js';
import { SERIES_PREFIX as PREFIX, type SourceOptions } from './source-schemes.js';

export interface SeriesMember extends Member {
  readonly number: number;
  readonly moment: Moment;
}

/**
 * The members of `snapshot:NAME`, `NAME`, or `NAME@A..B`, in order.
 * @throws UserError when there is no such series
 */
export function openSeries(source: string, options: SourceOptions = {}): SeriesMember[] {
  const name = source.startsWith(PREFIX) ? source.slice(PREFIX.length) : source;
  if (name === '') throw new UsageError('no series is named', 'write snapshot:NAME');
  const store = sharedStore(options);
  return selectSnapshots(store, name).map(({ series, number, moment }) => ({
    name: `${PREFIX}${series}@${number}`,
    number,
    moment,
    memory: store.openMemory(series, number),
  }));
}
