/** Compares two memories by their objects, kind by kind. */
import { UserError } from '../../core/errors.js';
import type { Member, ObjectSeries } from '../series/object-series.js';
import { type Change, type CompareChoice, compareObjects, onOneSide } from './compare-objects.js';
import type { ComparedPlugin } from './identified-rows.js';

/**
 * The changes from `before` to `after`, in the order of `plugins`. A plugin that cannot run on one of them (its profile
 * lacks something) is said to `note` and left out.
 */
export async function* compareMembers(
  objects: ObjectSeries,
  plugins: readonly ComparedPlugin[],
  before: Member,
  after: Member,
  choice: CompareChoice,
  note: (text: string) => void,
): AsyncGenerator<Change> {
  const processesLost = onOneSide(await objects.processes(before), await objects.processes(after));
  for (const plugin of plugins) {
    try {
      const old = await objects.objects(plugin, before);
      yield* compareObjects(plugin, old, await objects.objects(plugin, after), processesLost, choice);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      note(`${plugin.name}: ${error.message}`);
    }
  }
}
