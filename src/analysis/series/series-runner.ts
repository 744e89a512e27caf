/**
 * Runs plugins over the memories of a series, one after the other, and runs one again only when a page that its last
 * result was read from has changed.
 *
 * Equal to full runs: a plugin is a function of the pages that it reads, and of the kernel that was found, which is a
 * function of pages, too. Each plugin gets a kernel of its own, so that nothing reaches it by another's memory. What
 * has no page identities (files) is run in full, once.
 */

import { InvariantError } from '../../core/errors.js';
import { hasIdentities } from '../../memory/page-identities.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import { RecordingMemory } from '../../memory/recording-memory.js';
import type { ProfileOptions } from '../../profiles/profile-options.js';
import { Image } from '../image.js';
import type { Options, OptionsOf, Plugin } from '../plugin.js';
import { type MarkedRow, runPlugin } from '../run-plugin.js';
import type { SystemName } from '../systems.js';
import { type IdentifiedMemory, PageWitness } from './page-witness.js';

/** The kernel found in one member, good for others as long as the pages it was found in are the same. */
interface Found {
  readonly image: Image;
  readonly recorder: RecordingMemory;
  readonly memory: PhysicalMemory & IdentifiedMemory;
  /** The pages it was found in, as many as had been read when this was last asked for. */
  witness?: PageWitness;
}

interface Result {
  readonly found: Found;
  readonly witness: PageWitness;
  readonly rows: readonly MarkedRow[];
}

/** A memory that does not say which of its pages are the same as another's: a file, which does not change by itself. */
interface Still {
  readonly image: Image;
  readonly rows: Map<string, readonly MarkedRow[]>;
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
  readonly #stills = new WeakMap<PhysicalMemory, Still>();
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
    const key = `${plugin.scope}/${plugin.name}/${JSON.stringify(options, bigintText)}`;
    if (!hasIdentities(memory)) {
      const { image, rows } = this.#still(name, memory);
      const kept = rows.get(key) ?? (await collect(runPlugin(plugin, image, options)));
      rows.set(key, kept);
      return kept;
    }
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

  /** The system in `memory`. @throws UserError when there is none */
  async system(name: string, memory: PhysicalMemory): Promise<SystemName> {
    const image = await this.image(name, memory);
    await image.requireKernel();
    if (image.os === undefined) throw new InvariantError('a kernel is of no system');
    return image.os;
  }

  /** `memory` with the kernel in it, found before or now. */
  async image(name: string, memory: PhysicalMemory): Promise<Image> {
    if (hasIdentities(memory)) {
      const found = await this.#kernelIn(name, memory);
      return found.image.kernel === undefined ? found.image : Image.withKernelOf(found.image, name, memory);
    }
    return detected(this.#still(name, memory).image);
  }

  /** The kernel found before, if it would be found in `memory` as well, or else what is found there. */
  async #kernelIn(name: string, memory: PhysicalMemory & IdentifiedMemory): Promise<Found> {
    const known = this.#found;
    this.#found = known !== undefined && kernelHolds(known, memory) ? known : await this.#find(name, memory);
    return this.#found;
  }

  /** What is kept of a memory without identities. */
  #still(name: string, memory: PhysicalMemory): Still {
    const known = this.#stills.get(memory) ?? { image: new Image(name, memory, this.#options), rows: new Map() };
    this.#stills.set(memory, known);
    return known;
  }

  async #run(
    plugin: Plugin,
    name: string,
    memory: PhysicalMemory & IdentifiedMemory,
    options: OptionsOf<Options>,
  ): Promise<Result> {
    const found = await this.#kernelIn(name, memory);
    const recorder = new RecordingMemory(memory);
    const image = Image.withKernelOf(found.image, name, recorder);
    const rows = await collect(runPlugin(plugin, image, options));
    // The profile may have been read further, from the memory it was found in: those pages have to be the same here.
    if (kernelHolds(found, memory)) return { found, rows, witness: new PageWitness(recorder, memory) };
    this.#found = undefined;
    return this.#run(plugin, name, memory, options);
  }

  async #find(name: string, memory: PhysicalMemory & IdentifiedMemory): Promise<Found> {
    // A machine's registers are other ones at every moment. They are hints where its kernel is, needed in rare cases.
    const recorder = new RecordingMemory(memory, { hideRegisters: true });
    const image = await detected(new Image(name, recorder, this.#options));
    if (image.kernel !== undefined) return { recorder, memory, image };
    const withRegisters = new RecordingMemory(memory);
    return { recorder: withRegisters, memory, image: await detected(new Image(name, withRegisters, this.#options)) };
  }
}

/** Whether the kernel would be found in `memory` by the same bytes. */
function kernelHolds(found: Found, memory: IdentifiedMemory): boolean {
  const { recorder, memory: origin } = found;
  if (origin === memory) return true;
  if (found.witness?.isWhole(recorder) !== true) found.witness = new PageWitness(recorder, origin);
  return found.witness.holdsFor(memory);
}

async function detected(image: Image): Promise<Image> {
  await image.detect();
  return image;
}

async function collect(rows: AsyncIterable<MarkedRow>): Promise<MarkedRow[]> {
  const all: MarkedRow[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
