/**
 * From when to when each object was there, over the members of a series.
 *
 * Two kinds of knowledge are kept apart: in which members the object was observed, and what follows from that (it began
 * after the last member without it). What the kernel itself recorded of the beginning is a third.
 */
import type { Row } from '../../core/columns.js';
import type { ComparedPlugin, ObjectSet } from '../changes/identified-rows.js';

/** A stretch of neighbouring members in which the object was there: their indices, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface Lifetime {
  readonly key: string;
  readonly plugin: ComparedPlugin;
  /** More than one when it was away in between. */
  readonly spans: readonly Span[];
  /** As it was when it was last seen. */
  readonly row: Row;
  /** Some of the memory behind that row was unreadable. */
  readonly partial: boolean;
}

interface Growing {
  readonly key: string;
  readonly spans: { first: number; last: number }[];
  row: Row;
  partial: boolean;
}

/** Takes the objects of one member after the other. */
export class LifetimeCollector {
  readonly #plugin: ComparedPlugin;
  readonly #found = new Map<string, Growing>();

  constructor(plugin: ComparedPlugin) {
    this.#plugin = plugin;
  }

  /** @param index of the member; ascending. Those that are left out have no objects. */
  add(index: number, objects: ObjectSet): void {
    for (const { key, row, partial } of objects.values()) {
      const known = this.#found.get(key);
      if (known === undefined) {
        this.#found.set(key, { key, spans: [{ first: index, last: index }], row, partial });
        continue;
      }
      known.row = row;
      known.partial = partial;
      const span = known.spans.at(-1);
      if (span !== undefined && span.last >= index - 1) span.last = index;
      else known.spans.push({ first: index, last: index });
    }
  }

  /** In the order of their first appearance. */
  *lifetimes(): Generator<Lifetime> {
    for (const growing of this.#found.values()) yield { ...growing, plugin: this.#plugin };
  }
}
