/** The processes that the ground truth tells all about and that were still there when memory was captured. */
import type { GroundTruth } from '../../ground-truth/ground-truth.js';
import type { ProcessTruth } from '../../ground-truth/process-truth.js';
import { standingProcesses } from '../../ground-truth/standing-processes.js';

/** By process id, ascending: standing processes that /proc was printed of. */
export function standingTruth(truth: GroundTruth): ProcessTruth[] {
  const standing = standingProcesses(truth).map(({ pid }) => pid);
  return standing
    .sort((a, b) => a - b)
    .map((pid) => {
      const process = truth.processes.get(pid);
      if (process === undefined) throw new Error(`ground truth: nothing about process ${pid}`);
      return process;
    });
}

/** Those with user memory: kernel threads and zombies have no executable. */
export function userTruth(truth: GroundTruth): ProcessTruth[] {
  return standingTruth(truth).filter(({ exe }) => exe !== undefined);
}
