/** Objects over a series: runs the plugins on its members and identifies what they find. */
import { InvariantError } from '../../core/errors.js';
import type { PhysicalMemory } from '../../memory/physical-memory.js';
import {
  type ComparedPlugin,
  identifyRows,
  isCompared,
  type ObjectSet,
  processKeys,
} from '../changes/identified-rows.js';
import type { Options, OptionsOf } from '../plugin.js';
import { loadPlugin } from '../registry.js';
import type { SystemName } from '../systems.js';
import type { SeriesRunner } from './series-runner.js';

/** A memory with the name that messages call it. */
export interface Member {
  readonly name: string;
  readonly memory: PhysicalMemory;
}

export class ObjectSeries {
  readonly os: SystemName;
  readonly #runner: SeriesRunner;
  readonly #processes: ComparedPlugin;

  private constructor(runner: SeriesRunner, processes: ComparedPlugin, os: SystemName) {
    this.os = os;
    this.#runner = runner;
    this.#processes = processes;
  }

  /** @param first a member of the series, from which the system is known. @throws UserError when there is none in it */
  static async create(runner: SeriesRunner, first: Member): Promise<ObjectSeries> {
    const os = await runner.system(first.name, first.memory);
    const processes = await loadPlugin({ folder: os, name: 'pslist' });
    if (!isCompared(processes)) throw new InvariantError('pslist does not say what identifies a process');
    return new ObjectSeries(runner, processes, os);
  }

  /** The objects that `plugin` finds in a member. */
  async objects(
    plugin: ComparedPlugin,
    { name, memory }: Member,
    options: OptionsOf<Options> = {},
  ): Promise<ObjectSet> {
    const rows = await this.#runner.rows(plugin, name, memory, options);
    if (plugin.diff.owner === undefined) return identifyRows(plugin, rows, new Map());
    return identifyRows(plugin, rows, processKeys(await this.processes({ name, memory })));
  }

  /** All processes of a member. */
  async processes({ name, memory }: Member): Promise<ObjectSet> {
    return identifyRows(this.#processes, await this.#runner.rows(this.#processes, name, memory), new Map());
  }
}
