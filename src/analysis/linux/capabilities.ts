/** `capabilities`: what each process may do beyond its user's rights. Its ids are `creds`'s subject. */
import { column } from '../../core/columns.js';
import { capabilityNames } from '../../objects/linux/capability-names.js';
import { type CapabilitySet, capabilityMask, taskCredentials } from '../../objects/linux/credentials.js';
import { processes } from '../../objects/linux/tasks.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'capabilities',
  scope: 'linux',
  summary: 'List the capability sets of each process',
  description:
    'The masks of /proc/PID/status, and the effective ones by name ("all" when none is missing that the bounding set of ' +
    'the first process has).',
  aliases: ['linux.capabilities.Capabilities'],
  examples: ['linux capabilities -f memory.raw --pid 130'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    process: column.text('Name of the process'),
    euid: column.integer('Effective user id'),
    effective: column.mask('Effective set'),
    permitted: column.mask('Permitted set'),
    inheritable: column.mask('Inheritable set'),
    bounding: column.mask('Bounding set'),
    ambient: column.mask('Ambient set'),
    names: column.list('Effective capabilities by name'),
  },
  *rows(kernel, options) {
    let all: bigint | undefined;
    for (const task of processes(kernel)) {
      const credentials = taskCredentials(task);
      const mask = (set: CapabilitySet) => credentials && capabilityMask(credentials, set);
      all ??= mask('bounding');
      const pid = task.num('tgid');
      if (!selected(options.pid, pid)) continue;
      const effective = mask('effective');
      yield {
        pid,
        process: task.text('comm'),
        euid: credentials?.num('euid.val'),
        effective,
        permitted: mask('permitted'),
        inheritable: mask('inheritable'),
        bounding: mask('bounding'),
        ambient: mask('ambient'),
        names:
          effective === undefined ? undefined : effective === all && all !== 0n ? ['all'] : capabilityNames(effective),
      };
    }
  },
});
