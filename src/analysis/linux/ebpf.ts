/** `ebpf`: the loaded BPF programs. Their maps are `ebpf-maps`'s. */
import { column } from '../../core/columns.js';
import { bpfPrograms, bpfTypeName } from '../../objects/linux/bpf.js';
import { bootTime } from '../../objects/linux/clock.js';
import { definePlugin } from '../plugin.js';

export default definePlugin({
  name: 'ebpf',
  scope: 'linux',
  summary: 'List the loaded BPF programs',
  description: 'Programs by the number that bpftool shows, with their type, their tag and who loaded them when.',
  aliases: ['linux.ebpf.EBPF'],
  examples: ['linux ebpf -f memory.raw'],
  columns: {
    id: column.integer('Number of the program'),
    name: column.text('Name given by the loader'),
    type: column.text('Kind of program'),
    tag: column.text('Checksum of the instructions'),
    loadTime: column.time('When it was loaded'),
    uid: column.integer('User who loaded it'),
    jited: column.boolean('Compiled to machine code'),
    instructions: column.integer('BPF instructions'),
    code: column.address('Address of the machine code'),
    offset: column.address('Address of the struct bpf_prog'),
  },
  timeline: {
    events: { loadTime: 'BPF program loaded' },
    describe: (row) => `${row.name} (${row.type}, id ${row.id})`,
  },
  diff: {
    kind: 'BPF program',
    group: 'hooks',
    identity: ['offset', 'id'],
    began: 'loadTime',
    ignore: ['loadTime'],
    describe: (row) => `${row.id} ${row.name ?? ''}`.trimEnd(),
  },
  *rows(kernel) {
    const boot = bootTime(kernel);
    for (const program of bpfPrograms(kernel)) {
      const facts = program.follow('aux');
      const loaded = facts?.big('load_time');
      const tag = program.bytes('tag');
      yield {
        id: facts?.num('id'),
        name: facts?.text('name'),
        type: bpfTypeName(kernel, 'bpf_prog_type', program.num('type')),
        tag: tag && Buffer.from(tag).toString('hex'),
        loadTime: boot === undefined || loaded === undefined ? undefined : boot + loaded,
        uid: facts?.follow('user')?.num('uid.val'),
        jited: program.num('jited') === 1,
        instructions: program.num('len'),
        code: program.ptr('bpf_func'),
        offset: program.address,
      };
    }
  },
});
