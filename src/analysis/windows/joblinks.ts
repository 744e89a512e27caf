/** `joblinks`: jobs with the processes in them. */
import { column } from '../../core/columns.js';
import { listEntries } from '../../objects/windows/lists.js';
import { objectPath } from '../../objects/windows/object-header.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'joblinks',
  scope: 'windows',
  summary: 'List jobs with the processes in them',
  description:
    'Job objects in pool blocks, one row for each process that is linked to the job; one for jobs without any.',
  aliases: ['windows.joblinks.JobLinks'],
  examples: ['windows joblinks -f memory.raw'],
  columns: {
    job: column.text('Name of the job'),
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    session: column.integer('Session of the job'),
    active: column.integer('Processes that live in it, as it counts'),
    total: column.integer('Processes that ever were in it'),
    terminated: column.integer('Processes that it ended for a limit'),
    offset: column.address('Address of the _EJOB'),
  },
  *rows(kernel, _options, io) {
    for (const { header, body } of scanObjects(kernel, ['Job'], () => io.progress(0, 0, 'looking for jobs'))) {
      const job = kernel.struct('_EJOB', body);
      const facts = {
        job: objectPath(kernel, header),
        session: job.num('SessionId'),
        active: job.num('ActiveProcesses'),
        total: job.num('TotalProcesses'),
        terminated: job.num('TotalTerminatedProcesses'),
        offset: body,
      };
      let count = 0;
      for (const process of listEntries(kernel, job.addressOf('ProcessListHead'), '_EPROCESS', 'JobLinks')) {
        count++;
        yield { ...facts, pid: processId(process), process: processName(process) };
      }
      if (count === 0) yield facts;
    }
  },
});
