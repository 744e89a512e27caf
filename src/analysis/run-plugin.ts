/** Runs one plugin on one image: the only place where a plugin meets its subject, and where partial rows are marked. */

import { hex } from '../core/address.js';
import type { Row } from '../core/columns.js';
import { UsageError } from '../core/errors.js';
import type { FaultLog } from '../memory/fault-log.js';
import type { Image } from './image.js';
import type { Options, OptionsOf, Plugin, PluginIo, Scope, Scopes } from './plugin.js';

/** A row with the mark that some memory behind it was unreadable. */
export interface MarkedRow {
  readonly row: Row;
  readonly partial: boolean;
}

interface Subject<S extends Scope> {
  readonly subject: Scopes[S];
  readonly faults: FaultLog | undefined;
}

/** What each scope is on an image, and the fault log that goes with it. */
const SUBJECTS: { readonly [S in Scope]: (image: Image) => Promise<Subject<S>> } = {
  image: async (image) => {
    await image.detect();
    return { subject: image, faults: image.kernel?.faults };
  },
  linux: async (image) => {
    const kernel = await image.requireLinux();
    return { subject: kernel, faults: kernel.faults };
  },
  windows: async (image) => {
    const kernel = await image.requireWindows();
    return { subject: kernel, faults: kernel.faults };
  },
};

/** Side products are dropped, progress and remarks are not heard: for library use and tests. */
export const SILENT_IO: PluginIo = {
  extract: () => undefined,
  progress: () => {},
  note: () => {},
  shows: () => true,
};

/**
 * The rows of `plugin` on `image`, as they are found. Throws `UserError` when the image has no such operating system or
 * an option is missing, and `ProfileGap` when the profile lacks something that the plugin cannot do without.
 */
export async function* runPlugin(
  plugin: Plugin,
  image: Image,
  options: OptionsOf<Options> = {},
  io: PluginIo = SILENT_IO,
): AsyncGenerator<MarkedRow> {
  for (const [name, declared] of Object.entries(plugin.options)) {
    if (declared.required === true && options[name] === undefined) {
      throw new UsageError(`${plugin.name} needs --${name}`, declared.summary);
    }
  }
  if (plugin.needsOneOf?.every((name) => options[name] === undefined)) {
    throw new UsageError(`${plugin.name} needs one of ${plugin.needsOneOf.map((name) => `--${name}`).join(', ')}`);
  }
  const { rows, faults } = dumpedRows(plugin, image, options, io) ?? (await kernelRows(plugin, image, options, io));
  let before = faults?.count ?? 0;
  for await (const row of rows) {
    const now = faults?.count ?? 0;
    yield { row, partial: now !== before };
    // What is read while the consumer holds the row belongs to the consumer.
    before = faults?.count ?? 0;
  }
  // What was met behind the last row (a list that broke off, a cycle) has no row to be marked.
  if (faults?.last !== undefined && faults.count !== before) {
    const { address, layer } = faults.last;
    io.note(`${plugin.name}: rows may be missing; memory could not be followed at ${hex(address)} (${layer})`);
  }
}

interface Answer {
  readonly rows: Iterable<Row> | AsyncIterable<Row>;
  readonly faults: FaultLog | undefined;
}

async function kernelRows(plugin: Plugin, image: Image, options: OptionsOf<Options>, io: PluginIo): Promise<Answer> {
  const { subject, faults } = await SUBJECTS[plugin.scope](image);
  const rows = plugin.rows as (subject: unknown, options: OptionsOf<Options>, io: PluginIo) => Answer['rows'];
  return { rows: rows(subject, options, io), faults };
}

function dumpedRows(plugin: Plugin, image: Image, options: OptionsOf<Options>, io: PluginIo): Answer | undefined {
  const found = image.dumpAlone && plugin.fromDump?.(image.dumpAlone, options);
  if (found === undefined) return undefined;
  io.note(`${image.name} is a triage dump: only what it holds is shown`);
  return { rows: found.rows, faults: found.faults };
}

/** Whether the plugin has a way to answer from the image, of which `detect` has run. */
export function canAnswer(plugin: Plugin, image: Image): boolean {
  const isDumped = image.dumpAlone !== undefined && plugin.fromDump !== undefined;
  return plugin.scope === 'image' || plugin.scope === image.os || isDumped;
}
