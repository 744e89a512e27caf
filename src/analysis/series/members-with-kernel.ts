/**
 * Which members of a series can be asked for objects: a machine that has only begun to boot has no kernel yet, and one
 * that resets loses it.
 */
import { UserError } from '../../core/errors.js';
import type { Member } from './object-series.js';
import type { SeriesRunner } from './series-runner.js';

/**
 * Those of `members` in which a kernel is found; the others are said to `note`.
 * @throws UserError when there is none in any of them
 */
export async function membersWithKernel<M extends Member>(
  runner: SeriesRunner,
  members: readonly M[],
  note: (text: string) => void,
): Promise<M[]> {
  const found: M[] = [];
  const failures: UserError[] = [];
  for (const member of members) {
    try {
      await runner.system(member.name, member.memory);
      found.push(member);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
      note(`${member.name} is left out: ${error.message}`);
    }
  }
  const [failure] = failures;
  if (found.length === 0 && failure !== undefined) throw failure;
  return found;
}
