/**
 * The face of memlapse for programs: one image, any plugin, rows as objects.
 *
 * A thin front over `analysis/`; the command line does not go through here.
 */
import type { Image } from './analysis/image.js';
import type { Options, OptionsOf, Plugin } from './analysis/plugin.js';
import { findPlugins } from './analysis/registry.js';
import { canAnswer, runPlugin } from './analysis/run-plugin.js';
import type { SystemName } from './analysis/systems.js';
import type { Row } from './core/columns.js';
import { UserError } from './core/errors.js';
import type { PhysicalMemory } from './memory/physical-memory.js';
import type { LinuxKernel } from './objects/linux/kernel.js';
import type { WindowsKernel } from './objects/windows/kernel.js';
import { type OpenImageOptions, openImage as openAnalysisImage } from './open/open-source.js';
import { type JsonValue, jsonRow, rowsSchema } from './report/values.js';

export type JsonRow = Readonly<Record<string, JsonValue>>;

export class OpenedImage {
  readonly #image: Image;

  constructor(image: Image) {
    this.#image = image;
  }

  /** Physical memory, for programs that read it themselves. */
  get memory(): PhysicalMemory {
    return this.#image.memory;
  }

  /** `linux`, `windows`, or undefined when no kernel was found. */
  async os(): Promise<SystemName | undefined> {
    await this.#image.detect();
    return this.#image.os;
  }

  /** The Linux kernel in the image: its address space, symbols and structures. Throws `UserError` when there is none. */
  linux(): Promise<LinuxKernel> {
    return this.#image.requireLinux();
  }

  /** The NT kernel in the image, likewise. */
  windows(): Promise<WindowsKernel> {
    return this.#image.requireWindows();
  }

  /**
   * The rows of a plugin as `--json` prints them: addresses in hex, times in ISO 8601, null for what is absent, and
   * `partial: true` where memory behind the row was unreadable.
   * @param plugin a command's name (`pslist`), a name of Volatility 3's (`linux.lsof`), or any unique part of one
   * @param options by their camelCase names: `{ pid: [1, 7] }`
   * @throws UserError when there is no such plugin, or when it cannot run on this image
   */
  async *rows(plugin: string, options: OptionsOf<Options> = {}): AsyncGenerator<JsonRow> {
    const found = await this.#plugin(plugin);
    for await (const { row, partial } of runPlugin(found, this.#image, options)) {
      yield jsonRow(found.columns, row, partial);
    }
  }

  /** The same rows with native values: bigint addresses, times in nanoseconds since 1970, undefined for what is absent. */
  async *nativeRows(plugin: string, options: OptionsOf<Options> = {}): AsyncGenerator<Row> {
    for await (const { row } of runPlugin(await this.#plugin(plugin), this.#image, options)) yield row;
  }

  /** The JSON Schema of what `rows` yields, collected into an array. */
  async schema(plugin: string): Promise<Record<string, unknown>> {
    const { name, columns } = await this.#plugin(plugin);
    return rowsSchema(name, columns);
  }

  /** Gives back file handles and caches. */
  close(): void {
    this.#image.close();
  }

  async #plugin(name: string): Promise<Plugin> {
    await this.#image.detect();
    const found = await findPlugins(name);
    const fitting = found.filter((each) => canAnswer(each, this.#image));
    const [plugin, ...others] = fitting.length > 0 ? fitting : found;
    if (plugin === undefined) throw new UserError(`there is no plugin '${name}'`);
    if (others.length > 0) {
      throw new UserError(`'${name}' may mean ${[plugin, ...others].map((each) => each.name).join(', ')}`);
    }
    return plugin;
  }
}

/**
 * Opens the memory image at `path`, whatever its format.
 * @throws UserError when the file cannot be read as memory
 */
export async function openImage(path: string, options: OpenImageOptions = {}): Promise<OpenedImage> {
  return new OpenedImage(await openAnalysisImage(path, options));
}
