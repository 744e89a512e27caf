/**
 * What is damaged: an image, opened and looked over once while it is whole, then run again and again with changes on top.
 */

import { Image } from '../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin } from '../../src/analysis/plugin.js';
import { loadAllPlugins } from '../../src/analysis/registry.js';
import { canAnswer } from '../../src/analysis/run-plugin.js';
import { PAGE_SIZE } from '../../src/core/address.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { AlteredMemory } from './altered-memory.js';
import { type Bounds, boundedRun, type Outcome } from './bounded-run.js';
import { type Mutation, mutate } from './mutations.js';
import { type Found, PreparedImage } from './prepared-image.js';

/** Which image, and the symbol file for a kernel that carries no types. */
export interface SubjectFile {
  readonly path: string;
  readonly profilePath?: string | undefined;
}

/** One damaged run. */
export interface Case {
  readonly plugin: string;
  /**
   * `plugin`: the pages that a clean run of the plugin reads are changed, behind the back of a kernel that was found;
   * `kernel`: the pages that finding the kernel reads, so that everything starts from damage.
   */
  readonly target: 'plugin' | 'kernel';
  readonly mutations: readonly Mutation[];
}

interface Clean {
  readonly plugin: Plugin;
  readonly frames: readonly number[];
  readonly bounds: Bounds;
}

const MIB = 1024 * 1024;
/** One of so many pages that a clean run reads in passing is taken. */
const PASSED_SHARE = 8;
/** Forged structures may lead anywhere, but not on and on: generous beside what a clean run takes. */
const bounds = (rows: number, pages: number): Bounds => ({
  pages: 10_000_000 + 50 * pages,
  rows: 500_000 + 50 * rows,
  memory: 768 * MIB,
  extracted: 4096 * MIB,
});

/** Options that make a plugin do all it can do, by system where a name means something to one only. */
const OPTIONS: Readonly<Record<string, OptionsOf<Options>>> = {
  'linux disassemble': { address: '_text', count: 200 },
  'windows disassemble': { address: 'KeBugCheckEx', count: 200 },
  regex: { pattern: 'Linux version [0-9]' },
  yara: { text: 'Linux version', processes: true },
  maps: { dump: true },
  elfs: { dump: true },
  malfind: { dump: true },
  pagecache: { dump: true },
  memmap: { dump: true },
  pedump: { kernel: true },
  printkey: { recurse: true },
  bigpools: { free: true },
};

const optionsOf = ({ name, scope }: Plugin) => OPTIONS[`${scope} ${name}`] ?? OPTIONS[name] ?? {};

/** Plugins that look at every byte whatever it is, or run all others: not run on damaged images one by one. */
const WHOLE_SCANS = new Set(['strings', 'regex', 'banners', 'timeline']);

export class Subject {
  readonly #path: string;
  readonly #memory: AlteredMemory;
  readonly #found: Found;
  readonly #profilePath: string | undefined;
  readonly #kernelFrames: readonly number[];
  readonly #plugins = new Map<string, Plugin>();
  readonly #learned = new Map<string, Clean | undefined>();

  private constructor(file: SubjectFile, memory: AlteredMemory, found: Found, frames: readonly number[]) {
    this.#path = file.path;
    this.#profilePath = file.profilePath;
    this.#memory = memory;
    this.#found = found;
    this.#kernelFrames = frames;
  }

  /** What is read closely (tables, headers, notes), and some of what is read in passing and not empty (names, types). */
  static #interesting(memory: AlteredMemory): number[] {
    const { closely, inPassing } = memory.touched ?? { closely: [], inPassing: new Set<number>() };
    const page = new Uint8Array(PAGE_SIZE);
    const passed = [...inPassing].filter((frame, index) => {
      if (index % PASSED_SHARE !== 0) return false;
      memory.read(frame * PAGE_SIZE, page);
      return page.some((byte) => byte !== 0);
    });
    return [...new Set([...closely, ...passed])].sort((a, b) => a - b);
  }

  /** Opens an image and finds its kernel. */
  static async open(file: SubjectFile, base?: PhysicalMemory): Promise<Subject> {
    const memory = new AlteredMemory(base ?? (await openMemory(file.path)));
    memory.touched = { closely: new Set(), inPassing: new Set() };
    const image = new Image(file.path, memory, {
      cache: false,
      ...(file.profilePath && { profilePath: file.profilePath }),
    });
    await image.requireKernel();
    const { linux, windows } = image;
    const found = linux ? { linux } : windows && { windows };
    if (found === undefined) throw new Error(`no kernel in ${file.path}`);
    const subject = new Subject(file, memory, found, Subject.#interesting(memory));
    const prepared = new PreparedImage(file.path, memory, found);
    for (const plugin of await loadAllPlugins()) {
      if (canAnswer(plugin, prepared) && !WHOLE_SCANS.has(plugin.name)) subject.#plugins.set(plugin.name, plugin);
    }
    return subject;
  }

  /**
   * What the plugin reads of the whole image, from a run when it is asked for first; undefined when it has no answer there.
   * Throws when that run fails: then there is nothing to compare with.
   */
  async #clean(name: string): Promise<Clean | undefined> {
    if (!this.#learned.has(name)) this.#learned.set(name, await this.#learn(name));
    return this.#learned.get(name);
  }

  async #learn(name: string): Promise<Clean | undefined> {
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) throw new Error(`no plugin ${name}`);
    this.#memory.reset();
    const image = new PreparedImage(this.#path, this.#memory, this.#found);
    this.#memory.touched = { closely: new Set(), inPassing: new Set() };
    const unlimited = { pages: Infinity, rows: Infinity, memory: Infinity, extracted: Infinity };
    const outcome = await boundedRun(plugin, image, this.#memory, optionsOf(plugin), unlimited);
    if (outcome.failure !== undefined) throw new Error(`${plugin.name} on the whole image: ${outcome.failure}`);
    // What the whole image cannot answer, a damaged one need not be asked.
    if (outcome.refused !== undefined) return undefined;
    return { plugin, frames: Subject.#interesting(this.#memory), bounds: bounds(outcome.rows, outcome.pages) };
  }

  /** Plugins whose way through memory depends on what is there. */
  get plugins(): string[] {
    return [...this.#plugins.keys()];
  }

  async run({ plugin: name, target, mutations }: Case): Promise<Outcome> {
    const clean = await this.#clean(name);
    if (clean === undefined) return { rows: 0, partial: 0, pages: 0, refused: 'on the whole image, too' };
    const memory = this.#memory;
    memory.reset();
    mutate(memory, mutations, target === 'plugin' ? clean.frames : this.#kernelFrames);
    const image =
      target === 'plugin'
        ? new PreparedImage(this.#path, memory, this.#found)
        : new Image(this.#path, memory, {
            cache: false,
            ...(this.#profilePath === undefined ? {} : { profilePath: this.#profilePath }),
          });
    return boundedRun(clean.plugin, image, memory, optionsOf(clean.plugin), clean.bounds);
  }
}
