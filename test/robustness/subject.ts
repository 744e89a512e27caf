/**
 * What is damaged: an image, opened and looked over once while it is whole, then run again and again with changes on top.
 */

import { Image } from '../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin } from '../../src/analysis/plugin.js';
import { loadAllPlugins } from '../../src/analysis/registry.js';
import { PAGE_SIZE } from '../../src/core/address.js';
import { openMemory } from '../../src/formats/open-image.js';
import type { PhysicalMemory } from '../../src/memory/physical-memory.js';
import { type LoadedLinuxProfile, loadLinuxProfile } from '../../src/profiles/linux/load-profile.js';
import { AlteredMemory } from './altered-memory.js';
import { type Bounds, boundedRun, type Outcome } from './bounded-run.js';
import { type Mutation, mutate } from './mutations.js';
import { PreparedImage } from './prepared-image.js';

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

/** Options that make a plugin do all it can do. */
const OPTIONS: Readonly<Record<string, OptionsOf<Options>>> = {
  disassemble: { address: '_text', count: 200 },
  regex: { pattern: 'Linux version [0-9]' },
  yara: { text: 'Linux version', processes: true },
  maps: { dump: true },
  elfs: { dump: true },
  malfind: { dump: true },
  pagecache: { dump: true },
};

/** Plugins that look at every byte whatever it is, or run all others: not run on damaged images one by one. */
const WHOLE_SCANS = new Set(['strings', 'regex', 'banners', 'timeline']);

export class Subject {
  readonly #path: string;
  readonly #memory: AlteredMemory;
  readonly #found: LoadedLinuxProfile;
  readonly #profilePath: string | undefined;
  readonly #kernelFrames: readonly number[];
  readonly #clean = new Map<string, Clean>();

  private constructor(file: SubjectFile, memory: AlteredMemory, found: LoadedLinuxProfile, frames: readonly number[]) {
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

  /** Opens an image and runs every plugin once. Throws when a clean run fails: then there is nothing to compare with. */
  static async open(file: SubjectFile, base?: PhysicalMemory): Promise<Subject> {
    const memory = new AlteredMemory(base ?? (await openMemory(file.path)));
    memory.touched = { closely: new Set(), inPassing: new Set() };
    const found = await loadLinuxProfile(memory, { profilePath: file.profilePath, cache: false });
    if (found === undefined) throw new Error(`no kernel in ${file.path}`);
    const subject = new Subject(file, memory, found, Subject.#interesting(memory));
    for (const plugin of await loadAllPlugins()) await subject.#learn(plugin);
    return subject;
  }

  async #learn(plugin: Plugin): Promise<void> {
    if ((plugin.scope !== 'linux' && plugin.scope !== 'image') || WHOLE_SCANS.has(plugin.name)) return;
    this.#memory.reset();
    this.#memory.touched = { closely: new Set(), inPassing: new Set() };
    const image = new PreparedImage(this.#path, this.#memory, this.#found);
    const unlimited = { pages: Infinity, rows: Infinity, memory: Infinity, extracted: Infinity };
    const outcome = await boundedRun(plugin, image, this.#memory, OPTIONS[plugin.name] ?? {}, unlimited);
    if (outcome.failure !== undefined) throw new Error(`${plugin.name} on the whole image: ${outcome.failure}`);
    // What the whole image cannot answer, a damaged one need not be asked.
    if (outcome.refused !== undefined) return;
    const frames = Subject.#interesting(this.#memory);
    this.#clean.set(plugin.name, { plugin, frames, bounds: bounds(outcome.rows, outcome.pages) });
  }

  /** Plugins whose way through memory depends on what is there. */
  get plugins(): string[] {
    return [...this.#clean.keys()];
  }

  /** Pages that a clean run reads, by plugin. */
  get frameCounts(): Record<string, number> {
    return Object.fromEntries([...this.#clean].map(([name, { frames }]) => [name, frames.length]));
  }

  async run({ plugin: name, target, mutations }: Case): Promise<Outcome> {
    const clean = this.#clean.get(name);
    if (clean === undefined) throw new Error(`no plugin ${name}`);
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
    return boundedRun(clean.plugin, image, memory, OPTIONS[name] ?? {}, clean.bounds);
  }
}
