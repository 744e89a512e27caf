/**
 * What an analysis command does between its flags and its rows: configuration, image, side products, rendering. One
 * session may run several plugins on the same image.
 */

import type { Image } from '../analysis/image.js';
import type { Options, OptionsOf, Plugin, PluginIo } from '../analysis/plugin.js';
import { type MarkedRow, runPlugin } from '../analysis/run-plugin.js';
import { UsageError } from '../core/errors.js';
import type { ResultShape } from '../report/renderer.js';
import { RENDERERS, type RendererName } from '../report/renderers/index.js';
import { rowFilter, selectColumns } from '../report/row-filter.js';
import { type Configuration, loadConfiguration } from './configuration.js';
import { openSource } from './open-source.js';
import { outputFolder } from './output-folder.js';
import { ProgressBar } from './progress.js';
import { renderRows } from './render-rows.js';

/** Parsed values of `SOURCE_FLAGS` and `RENDER_FLAGS`. */
export interface SessionFlags {
  readonly file?: string | undefined;
  readonly store?: string | undefined;
  readonly between?: string | undefined;
  readonly profile?: string | undefined;
  readonly cache: boolean;
  readonly renderer?: string | undefined;
  readonly json: boolean;
  readonly columns?: readonly string[] | undefined;
  readonly filter?: readonly string[] | undefined;
  readonly output?: string | undefined;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export class AnalysisSession {
  readonly image: Image;
  readonly #flags: SessionFlags;
  readonly #configuration: Configuration;
  readonly #progress: ProgressBar;
  readonly #io: PluginIo;

  private constructor(image: Image, flags: SessionFlags, configuration: Configuration, progress: ProgressBar) {
    this.image = image;
    this.#flags = flags;
    this.#configuration = configuration;
    this.#progress = progress;
    const folder = flags.output ?? configuration.output;
    this.#io = {
      extract: folder === undefined ? () => undefined : outputFolder(folder),
      progress: (done, total, label) => progress.update(done, total, label),
      note: (text) => this.note(text),
      shows: () => true,
    };
  }

  /**
   * Opens the image that the flags (or the configuration in `configurationFolder`) name.
   * @param ranges for what works on several snapshots: a part of a series may be named
   */
  static async open(flags: SessionFlags, configurationFolder: string, ranges = false): Promise<AnalysisSession> {
    const configuration = await loadConfiguration(configurationFolder);
    const quiet = flags.quiet || configuration.quiet === true;
    const progress = new ProgressBar(!quiet);
    const image = await openSource(flags.file ?? configuration.file, {
      profile: flags.profile ?? configuration.profile,
      cache: flags.cache,
      store: flags.store,
      ranges,
      onUnpack: (done, total) => progress.update(done, total, 'unpacking'),
    });
    progress.stop();
    const session = new AnalysisSession(image, { ...flags, quiet }, configuration, progress);
    for (const note of image.memory.notes) session.note(note);
    return session;
  }

  /** A remark on stderr, unless `--quiet`. */
  note(text: string): void {
    if (this.#flags.quiet) return;
    this.#progress.stop();
    process.stderr.write(`memlapse: ${text}\n`);
  }

  get rendererName(): RendererName {
    if (this.#flags.json) return 'json';
    return (this.#flags.renderer as RendererName | undefined) ?? this.#configuration.renderer ?? 'table';
  }

  /** Runs one plugin and writes its rows. */
  async run(plugin: Plugin, options: OptionsOf<Options>, preferred?: RendererName): Promise<void> {
    if (this.#flags.verbose) await this.#describe();
    const { name, columns, tree, timeline } = plugin;
    const io = this.#showsAll(plugin)
      ? this.#io
      : { ...this.#io, shows: (column: string) => columns[column]?.quiet !== true };
    await this.#write({ name, columns, tree, timeline }, runPlugin(plugin, this.image, options, io), preferred);
  }

  /** Runs one plugin on several snapshots of the series that the session's image is of, and writes what it gives. */
  async runOverTime(plugin: Plugin, options: OptionsOf<Options>): Promise<void> {
    // The snapshot store and its database are loaded for those who have one.
    const { runOverTime } = await import('./over-time.js');
    const { rows, close, ...result } = runOverTime(plugin, options, {
      ...this.#flags,
      source: this.image.name,
      note: (text) => this.note(text),
    });
    try {
      await this.#write({ name: plugin.name, ...result }, rows);
    } finally {
      close();
    }
  }

  /** Plain tables leave quiet columns out; every other renderer, choice or test may want one. */
  #showsAll({ name }: Plugin): boolean {
    const { columns, filter } = this.#flags;
    const chosen = columns ?? this.#configuration.columns?.[name];
    return this.rendererName !== 'table' || chosen !== undefined || (filter ?? []).length > 0;
  }

  async #write(
    result: Omit<ResultShape, 'allColumns' | 'source'>,
    rows: AsyncIterable<MarkedRow>,
    preferred?: RendererName,
  ): Promise<void> {
    const accepts = rowFilter(result.columns, this.#flags.filter ?? []);
    const columns = selectColumns(result.columns, this.#flags.columns ?? this.#configuration.columns?.[result.name]);
    const shape: ResultShape = { ...result, columns, allColumns: result.columns, source: this.image.name };
    const asked = this.#flags.renderer !== undefined || this.#flags.json || this.#configuration.renderer !== undefined;
    const name = asked ? this.rendererName : (preferred ?? this.rendererName);
    if (name === 'tree' && result.tree === undefined) {
      throw new UsageError(`${result.name} has no tree`, 'choose another --renderer');
    }
    const renderer = (await RENDERERS[name]())(shape);
    try {
      await renderRows(rows, renderer, accepts);
    } finally {
      this.#progress.stop();
    }
  }

  async #describe(): Promise<void> {
    await this.image.detect();
    this.note(`${this.image.name}: ${this.image.memory.format}`);
    const profile = this.image.kernel?.profile;
    if (profile === undefined) return;
    this.note(profile.banner);
    for (const source of profile.sources) this.note(source);
  }

  close(): void {
    this.#progress.stop();
    this.image.close();
  }
}
