/** `psxview` of NT: every process with the places where the kernel has it, which is how hidden ones show. */
import { column } from '../../core/columns.js';
import { processFacts } from '../../objects/windows/process-facts.js';
import { processViews } from '../../objects/windows/process-views.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'psxview',
  scope: 'windows',
  summary: 'Compare the places where the kernel keeps its processes',
  description:
    'A process that is not on the list but elsewhere was unlinked, unless it has exited. The subsystem (csrss) holds no ' +
    'handle of System, of smss, of itself and of what started before it. Places whose symbol is not known stay empty.',
  aliases: ['windows.psxview.PsXView'],
  examples: ['windows psxview -f memory.raw --filter suspicious=true'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process id'),
    name: column.text('Name of the executable file, cut to 15 characters by the kernel'),
    list: column.boolean("On the kernel's list (pslist)"),
    pool: column.boolean('In a pool block (psscan)'),
    threads: column.boolean('Owner of a living thread in a pool block'),
    ids: column.boolean('In the table of process and thread ids (PspCidTable)'),
    csrss: column.boolean('csrss holds a handle of it'),
    handles: column.boolean('Another process holds a handle of it'),
    exitTime: column.time('End of the process'),
    suspicious: column.boolean('Not on the list, though alive'),
    offset: column.address('Address of the _EPROCESS'),
  },
  *rows(kernel, options, io) {
    io.progress(0, 0, 'looking for processes');
    const views = processViews(kernel);
    const has = (view: Parameters<typeof views.get>[0], address: bigint) => views.get(view)?.has(address) ?? false;
    for (const offset of new Set([...views.values()].flatMap((addresses) => [...addresses]))) {
      const { pid, name, exitTime } = processFacts(kernel.struct('_EPROCESS', offset));
      if (!selected(options.pid, pid)) continue;
      const list = has('list', offset);
      yield {
        pid,
        name,
        list,
        pool: has('pool', offset),
        threads: has('threads', offset),
        ids: has('ids', offset),
        csrss: has('csrss', offset),
        handles: has('handles', offset),
        exitTime,
        // The idle process, pid 0, is on no list.
        suspicious: !list && exitTime === undefined && pid !== 0,
        offset,
      };
    }
  },
});
