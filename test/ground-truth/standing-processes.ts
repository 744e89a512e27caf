/**
 * Which processes the memory must hold, given that the guest ran on for a moment after its last listing.
 */
import type { GroundTruth } from './ground-truth.js';
import { type ProcessRow, taskComm } from './process-list.js';

export interface StandingProcess {
  readonly pid: number;
  readonly ppid: number;
  /** As in task_struct.comm. */
  readonly comm: string;
}

/**
 * The processes of the last listing, without the `ps` that printed it (it shows itself as a child of init that has not yet
 * renamed itself away from init's command line, and it ended when the listing did). One process is younger than the
 * listing: init's `sleep 99999`, see isLastSleep. Nothing else may differ.
 */
export function standingProcesses(truth: GroundTruth): StandingProcess[] {
  const rows = truth.psFinal.filter((row) => !isThePs(row));
  return rows.map(({ pid, ppid, comm }) => ({ pid, ppid, comm: taskComm(comm) }));
}

/** Whether a process found in memory is the `sleep` that init waits in when the guest is stopped. */
export function isLastSleep(truth: GroundTruth, process: StandingProcess): boolean {
  const listing = truth.psFinal.find(isThePs);
  return process.comm === 'sleep' && process.ppid === 1 && listing !== undefined && process.pid > listing.pid;
}

function isThePs(row: ProcessRow): boolean {
  return row.comm === 'ps' && row.ppid === 1;
}
