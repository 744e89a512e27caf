/**
 * The objects that a plugin finds on an image, by their identity: what comparisons and lifetimes are made of.
 *
 * An object of a process is known by that process's identity and its own, never by the pid: that may be used again.
 */
import type { Row } from '../../core/columns.js';
import type { DiffShape, Plugin } from '../plugin.js';
import type { MarkedRow } from '../run-plugin.js';

/** A plugin that takes part in comparisons. */
export type ComparedPlugin = Plugin & { readonly diff: DiffShape };

export interface IdentifiedRow extends MarkedRow {
  readonly key: string;
  /** Key of the process that it belongs to; undefined for what belongs to none. */
  readonly owner: string | undefined;
}

/** Objects by key. */
export type ObjectSet = ReadonlyMap<string, IdentifiedRow>;

export function isCompared(plugin: Plugin): plugin is ComparedPlugin {
  return plugin.diff !== undefined;
}

/**
 * Names the objects of `rows`. Two rows with one identity (a damaged list that comes by twice) are told apart by their
 * order.
 * @param processes key of each process by its pid
 */
export function identifyRows(
  { diff }: ComparedPlugin,
  rows: Iterable<MarkedRow>,
  processes: ReadonlyMap<unknown, string>,
): ObjectSet {
  const objects = new Map<string, IdentifiedRow>();
  for (const marked of rows) {
    const pid = diff.owner === undefined ? undefined : marked.row[diff.owner];
    const owner = pid === undefined ? undefined : (processes.get(pid) ?? `pid ${pid}`);
    const parts = diff.identity.map((name) => String(marked.row[name] ?? '-'));
    const base = [...(owner === undefined ? [] : [owner]), ...parts].join('/');
    let key = base;
    for (let again = 2; objects.has(key); again++) key = `${base}#${again}`;
    objects.set(key, { ...marked, key, owner });
  }
  return objects;
}

/** The key of each process by its pid, from the objects of `pslist`. */
export function processKeys(processes: ObjectSet): Map<unknown, string> {
  return new Map([...processes.values()].map(({ row, key }) => [(row as Row).pid, key]));
}
