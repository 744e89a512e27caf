/**
 * Runs plugins over the memories of a series, one after the other, and runs one again only when a page that its last
 * result was read from has changed.
 *
 * Equal to full runs: a plugin is a function of the pages that it reads, and of the kernel that was found, which is a
 * function of pages, too. Each plugin gets a kernel of its own, so that nothing reaches it by another's memory. What
 * has no page identities (files) is run in full.
 */

import { hasIdentities } from '../../memory/page-identities.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { RecordingMemory } from '../../memory/recording-memory.js';
import type { ProfileOptions } from '../../profiles/profile-options.js';
import { Image } from '../image.js';
import type { Options, OptionsOf, Plugin } from '../plugin.js';
import { type MarkedRow, runPlugin } from '../run-plugin.js';
import { type IdentifiedMemory, PageWitness } from './page-witness.js';

/** The kernel found in one member, good for others as long as the pages it was found in are the same. */
interface Found {
  readonly image: Image;
  readonly recorder: RecordingMemory;
  readonly memory: PhysicalMemory & IdentifiedMemory;
}

interface Result {
  readonly found: Found;
  readonly witness: PageWitness;
  readonly rows: readonly MarkedRow[];
}

export interface RunCounts {
  /** Results that were computed. */
  run: number;
  /** Results that an earlier one was good for. */
  kept: number;
}

export class SeriesRunner {
  readonly counts: RunCounts = { run: 0, kept: 0 };
  readonly #options: ProfileOptions;
  readonly #results = new Map<string, Result>();
  #found: Found | undefined;

  constructor(options: ProfileOptions = {}) {
    this.#options = options;
  }

  /**
   * The rows of `plugin` on `memory`, which messages call `name`. Memories must stay open as long as the runner is in
   * use: what was found in one is read from it later.
   * @throws UserError as `runPlugin`
   */
  async rows(plugin: Plugin, name: string, memory: PhysicalMemory, options: OptionsOf<Options> = {}) {
    if (!hasIdentities(memory))
      return await collect(runPlugin(plugin, new Image(name, memory, this.#options), options));
    const key = `${plugin.scope}/${plugin.name}/${JSON.stringify(options, bigintText)}`;
    const known = this.#results.get(key);
    if (known?.witness.holdsFor(memory) === true && kernelHolds(known.found, memory)) {
      this.counts.kept++;
      return known.rows;
    }
    this.counts.run++;
    const result = await this.#run(plugin, name, memory, options);
    this.#results.set(key, result);
    return result.rows;
  }

  async #run(
    plugin: Plugin,
    name: string,
    memory: PhysicalMemory & IdentifiedMemory,
    options: OptionsOf<Options>,
  ): Promise<Result> {
    const found =
      this.#found !== undefined && kernelHolds(this.#found, memory) ? this.#found : await this.#find(name, memory);
    this.#found = found;
    const recorder = new RecordingMemory(memory);
    const image = Image.withKernelOf(found.image, name, recorder);
    const rows = await collect(runPlugin(plugin, image, options));
    // The profile may have been read further, from the memory it was found in: those pages have to be the same here.
    if (kernelHolds(found, memory)) return { found, rows, witness: new PageWitness(recorder, memory) };
    this.#found = undefined;
    return this.#run(plugin, name, memory, options);
  }

  async #find(name: string, memory: PhysicalMemory & IdentifiedMemory): Promise<Found> {
    const recorder = new RecordingMemory(memory);
    const image = new Image(name, recorder, this.#options);
    await image.detect();
    return { recorder, memory, image };
  }
}

/** Whether the kernel would be found in `memory` by the same bytes. */
function kernelHolds({ recorder, memory: origin }: Found, memory: IdentifiedMemory): boolean {
  return origin === memory || new PageWitness(recorder, origin).holdsFor(memory);
}

async function collect(rows: AsyncIterable<MarkedRow>): Promise<MarkedRow[]> {
  const all: MarkedRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
