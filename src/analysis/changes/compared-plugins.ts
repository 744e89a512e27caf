/** Which plugins a comparison asks: those that declare how their rows are identified, and what the user picks of them. */
import { UsageError } from '../../core/errors.js';
import { loadAllPlugins } from '../registry.js';
import type { SystemName } from '../systems.js';
import { type ComparedPlugin, isCompared } from './identified-rows.js';

export interface KindChoice {
  /** Only these: names of plugins, kinds (`process`, `processes`) or groups (`hooks`). */
  readonly only?: readonly string[] | undefined;
  /** All but these. */
  readonly without?: readonly string[] | undefined;
  /** What else the user could have meant, for the message. */
  readonly others?: readonly string[] | undefined;
}

/** @throws UsageError when a name means none of them */
export async function comparedPlugins(os: SystemName, choice: KindChoice = {}): Promise<ComparedPlugin[]> {
  const all = (await loadAllPlugins([os])).filter(isCompared);
  const meant = (word: string) => {
    const found = all.filter((plugin) => namesOf(plugin).includes(word.toLowerCase()));
    if (found.length > 0) return found;
    const known = [...new Set(all.map(({ diff }) => diff.group ?? diff.kind)), ...(choice.others ?? [])].join(', ');
    throw new UsageError(`nothing that is compared is called '${word}'`, `choose of ${known}`);
  };
  const wanted = choice.only === undefined ? all : choice.only.flatMap(meant);
  const unwanted = new Set((choice.without ?? []).flatMap(meant));
  // Processes first: what belongs to them is known by them.
  return [...new Set(wanted)].filter((plugin) => !unwanted.has(plugin)).sort((a, b) => rank(a) - rank(b));
}

const ORDER = ['process', 'thread', 'module', 'handle', 'mapping', 'socket', 'mount', 'credentials'];

function rank({ diff }: ComparedPlugin): number {
  const place = ORDER.indexOf(diff.kind);
  return place < 0 ? ORDER.length : place;
}

function namesOf({ name, diff }: ComparedPlugin): string[] {
  const kinds = diff.group === undefined ? [diff.kind] : [diff.kind, diff.group];
  return [name, ...kinds.flatMap((kind) => [kind, `${kind}s`, `${kind}es`, kind.replaceAll(' ', '-')])];
}
