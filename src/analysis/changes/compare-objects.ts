/** Compares what a plugin found at two moments: what appeared, vanished, and which fields changed. */
import type { Column } from '../../core/columns.js';
import type { ComparedPlugin, IdentifiedRow, ObjectSet } from './identified-rows.js';

export type ChangeKind = 'appeared' | 'vanished' | 'changed';

export interface Change {
  /** What it is: `process`. */
  readonly kind: string;
  readonly change: ChangeKind;
  /** What it is called; one that changed, as it was called before. */
  readonly object: string;
  readonly key: string;
  /** Of a change: which column, and its values. */
  readonly field?: string;
  readonly column?: Column;
  readonly before?: unknown;
  readonly after?: unknown;
  /** Some of the memory behind it was unreadable on one side. */
  readonly partial: boolean;
}

export interface CompareChoice {
  /** Columns left out of the comparison, by name, beside those that the plugin leaves out. */
  readonly ignore?: readonly string[] | undefined;
  /** Compare those, too, that the plugin leaves out because they change by themselves. */
  readonly everything?: boolean | undefined;
}

/**
 * @param ownersLost keys of processes that are on one side only: what is implied by them is not told
 */
export function* compareObjects(
  plugin: ComparedPlugin,
  before: ObjectSet,
  after: ObjectSet,
  ownersLost: ReadonlySet<string>,
  choice: CompareChoice = {},
): Generator<Change> {
  const { diff } = plugin;
  const isTold = ({ owner }: IdentifiedRow) => !(diff.implied && owner !== undefined && ownersLost.has(owner));
  const base = ({ row, key, partial }: IdentifiedRow) => ({
    kind: diff.kind,
    object: diff.describe(row),
    key,
    partial,
  });
  for (const object of before.values()) {
    if (!after.has(object.key) && isTold(object)) yield { ...base(object), change: 'vanished' };
  }
  const columns = comparedColumns(plugin, choice);
  for (const object of after.values()) {
    const old = before.get(object.key);
    if (old === undefined) {
      if (isTold(object)) yield { ...base(object), change: 'appeared' };
      continue;
    }
    for (const [field, column] of columns) {
      if (sameValue(old.row[field], object.row[field])) continue;
      const values = { field, column, before: old.row[field], after: object.row[field] };
      yield { ...base(old), change: 'changed', ...values, partial: old.partial || object.partial };
    }
  }
}

function comparedColumns({ columns, diff }: ComparedPlugin, { ignore = [], everything }: CompareChoice) {
  const left = new Set([...(everything === true ? [] : (diff.ignore ?? [])), ...ignore]);
  return Object.entries(columns).filter(([name]) => !left.has(name) && !diff.identity.includes(name));
}

/** Keys that are in one set only. */
export function onOneSide(before: ObjectSet, after: ObjectSet): Set<string> {
  const lost = new Set<string>();
  for (const key of before.keys()) if (!after.has(key)) lost.add(key);
  for (const key of after.keys()) if (!before.has(key)) lost.add(key);
  return lost;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
