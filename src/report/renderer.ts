/** What a renderer is: rows in, text out, in three calls. Renderers never read guest memory and never print. */
import type { Columns, Row } from '../core/columns.js';

/** What a renderer must know of the result it writes. */
export interface ResultShape {
  /** The plugin's name. */
  readonly name: string;
  /** The columns to show. */
  readonly columns: Columns;
  /** All that rows have. */
  readonly allColumns: Columns;
  readonly tree?: { readonly id: string; readonly parent: string } | undefined;
  readonly timeline?: { readonly events: Readonly<Record<string, string>>; describe(row: Row): string } | undefined;
  /** Rows that are lifetimes: columns with what it is, its name, and when it began and ended (of kind `time`). */
  readonly lifetime?:
    | { readonly lane: string; readonly name: string; readonly start: string; readonly end: string }
    | undefined;
  /** The image's name, for formats that name their source. */
  readonly source: string;
}

export interface RenderedRow {
  readonly row: Row;
  /** Some of the memory behind the row was unreadable. */
  readonly partial: boolean;
}

/** A renderer for one result. Streaming ones return text from `row`; the others all of it from `end`. */
export interface Renderer {
  begin(): string;
  row(row: RenderedRow): string;
  end(): string | Promise<string>;
}

export type RendererFactory = (shape: ResultShape) => Renderer;
