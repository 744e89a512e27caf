/** A job of a synthetic NT guest, with processes in it. */
import type { NtGuest } from './nt-guest.js';
import type { NtProcesses } from './nt-processes.js';

export const JOB = {
  path: '\\Sessions\\1\\BaseNamedObjects\\SampleJob',
  session: 1,
  pids: [2604, 2900],
  total: 5,
  terminated: 1,
} as const;

/** Address of the _EJOB. */
export function writeJob(guest: NtGuest, { processes }: NtProcesses): bigint {
  const { memory, objects } = guest;
  const job = objects.make('Job', {
    path: JOB.path,
    values: {
      SessionId: JOB.session,
      ActiveProcesses: JOB.pids.length,
      TotalProcesses: JOB.total,
      TotalTerminatedProcesses: JOB.terminated,
    },
  });
  const members = JOB.pids.map((pid) => processes.get(pid) as bigint);
  memory.ring([
    memory.at(job, '_EJOB', 'ProcessListHead'),
    ...members.map((process) => memory.at(process, '_EPROCESS', 'JobLinks')),
  ]);
  for (const process of members) memory.set(process, '_EPROCESS', { Job: job });
  return job;
}
