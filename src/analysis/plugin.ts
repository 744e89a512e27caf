/**
 * What a plugin is: one declaration in one file that names its columns and options and yields rows.
 *
 * A plugin knows neither the command line nor where memory comes from: it gets a kernel (or an image) and values for
 * its options. Files directly in `linux/`, `windows/` and `common/` are plugins; adding one needs no other edit.
 */
import type { Columns, Row } from '../core/columns.js';
import type { FaultLog } from '../memory/fault-log.js';
import type { WindowsDump } from '../memory/windows-dump.js';
import type { Image } from './image.js';
import type { Kernels } from './systems.js';

/** What `rows` is given, by the plugin's `scope`. */
export interface Scopes extends Kernels {
  /** Any image, whatever runs in it: scanners, `info`. */
  image: Image;
}

export type Scope = keyof Scopes;

/** The kinds of options, with the JavaScript type of each. */
export interface OptionValues {
  boolean: boolean;
  text: string;
  /** Given several times or comma-separated. */
  texts: readonly string[];
  integer: number;
  /** `--pid 1,7,100-200` */
  integers: readonly number[];
  /** A number in hex or decimal. */
  address: bigint;
}

export type OptionKind = keyof OptionValues;

export interface Option<K extends OptionKind = OptionKind> {
  readonly kind: K;
  readonly summary: string;
  readonly required?: boolean;
  /** One-letter alias. */
  readonly char?: string;
}

export type Options = Readonly<Record<string, Option>>;

/** Values for options `O`: what was not given is undefined. */
export type OptionsOf<O extends Options> = {
  readonly [N in keyof O]?: (O[N] extends Option<infer K> ? OptionValues[K] : never) | undefined;
};

function maker<K extends OptionKind>(kind: K) {
  return (summary: string, rest: { readonly required?: boolean; readonly char?: string } = {}): Option<K> => ({
    kind,
    summary,
    ...rest,
  });
}

/** The makers: `dump: option.boolean('Write each region to a file')`. */
export const option = {
  boolean: maker('boolean'),
  text: maker('text'),
  texts: maker('texts'),
  integer: maker('integer'),
  integers: maker('integers'),
  address: maker('address'),
} as const;

/** The options that mean the same in every plugin. */
export const COMMON_OPTIONS = {
  pid: option.integers('Only these process ids (list or ranges: 1,7,100-200)'),
} as const;

/** Where a plugin's side products go: extracted files, progress, remarks. */
export interface PluginIo {
  /**
   * Writes a file into the folder of `--output` and returns its path; undefined when the user gave no folder. The name
   * is made safe; several are the folders below that one and the file's own. Chunks are written as they come; a gap is
   * an offset that jumps, an empty chunk at the end says how long the file is.
   */
  extract(
    name: string | readonly string[],
    chunks: Iterable<{ readonly offset: number; readonly bytes: Uint8Array }>,
  ): string | undefined;
  /** Progress of a long scan, in bytes or whatever `total` counts. */
  progress(done: number, total: number, label: string): void;
  /** A remark about the result as a whole, one sentence; goes to stderr. */
  note(text: string): void;
  /** False for a column that nobody will see: what costs much may be left out of the rows. */
  shows(column: string): boolean;
}

/** How the rows form a tree (`-r tree`, `pstree`): the column that identifies a row and the one naming its parent. */
export interface TreeShape {
  readonly id: string;
  readonly parent: string;
}

/** How rows become moments of the timeline: one entry for each time column named. */
export interface TimelineShape {
  /**
   * Columns of kind `time`, with what happened then: `{ createTime: 'process created' }`; '' when the row itself says it
   * in a column `event`.
   */
  readonly events: Readonly<Record<string, string>>;
  /** What the moment is about, one line. */
  describe(row: Row): string;
}

/** How rows of two moments are told to be of the same object, for `diff`, `--between` and lifetimes. */
export interface DiffShape {
  /** What one row is: `process`, `system call`. */
  readonly kind: string;
  /** What kinds belong together: `hooks`, `network`. */
  readonly group?: string;
  /**
   * Columns that tell the object from all others, also when its number or its address is used again: an address and a
   * time of birth. May be empty where there is one for each owner.
   */
  readonly identity: readonly string[];
  /** The column with the pid of the process that it belongs to: that process's identity is part of the object's. */
  readonly owner?: string;
  /** It comes and goes with its owner; that alone is not told. */
  readonly implied?: boolean;
  /** Columns that change by themselves (counters, clocks): not compared unless asked for. */
  readonly ignore?: readonly string[];
  /** Column of kind `duration` or `time` with the kernel's own record of when the object began. */
  readonly began?: string;
  /** What the object is called in a list of changes. */
  describe(row: Row): string;
}

export interface Plugin<S extends Scope = Scope, C extends Columns = Columns, O extends Options = Options> {
  readonly name: string;
  readonly scope: S;
  /** One sentence for help listings, without a full stop. */
  readonly summary: string;
  /** More: what the rows mean, what is found and what is not. */
  readonly description?: string;
  /** A common command (`memlapse pslist`) rather than one of its OS's topic (`memlapse linux lsns`). */
  readonly common?: boolean;
  /** Names of the same thing elsewhere: Volatility 3's `linux.lsof.Lsof`. */
  readonly aliases?: readonly string[];
  readonly columns: C;
  readonly options: O;
  /** Options of which one must be given: `run all` leaves such a plugin out. */
  readonly needsOneOf?: readonly string[];
  /** Whether it has anything to say about an image, unless it always has: `run all` leaves it out otherwise. */
  readonly fits?: (image: Image) => boolean;
  readonly tree?: TreeShape;
  readonly timeline?: TimelineShape;
  /** Takes part in comparisons. */
  readonly diff?: DiffShape;
  /** Command lines after `memlapse`, for the help. */
  readonly examples?: readonly string[];
  rows(subject: Scopes[S], options: OptionsOf<O>, io: PluginIo): Iterable<Row<C>> | AsyncIterable<Row<C>>;
  /** The same from a Windows dump without memory (triage), as far as it goes; others are refused such a dump. */
  readonly fromDump?: (dump: WindowsDump, options: OptionsOf<O>) => DumpedRows<C>;
}

/** Rows of what a dump has, and the log of what of them it has not; undefined when the dump has nothing of the kind. */
export type DumpedRows<C extends Columns = Columns> =
  | { readonly rows: Iterable<Row<C>>; readonly faults?: FaultLog }
  | undefined;

/** Declares a plugin; the types of rows and options follow from its columns and options. */
export function definePlugin<
  const S extends Scope,
  const C extends Columns,
  const O extends Options = Record<never, never>,
>(plugin: Omit<Plugin<S, C, O>, 'options'> & { readonly options?: O }): Plugin<S, C, O> {
  return { ...plugin, options: plugin.options ?? ({} as O) };
}

/** True when `value` passes a `--pid`-like filter that may not have been given. */
export function selected(wanted: readonly number[] | undefined, value: number | undefined): boolean {
  return wanted === undefined || wanted.length === 0 || (value !== undefined && wanted.includes(value));
}
