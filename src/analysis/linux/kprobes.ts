/** `kprobes`: breakpoints that were put into the kernel's code. */
import { column } from '../../core/columns.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { hlistEntries } from '../../objects/linux/lists.js';
import { symbolize } from '../../objects/linux/symbolize.js';
import { definePlugin } from '../plugin.js';

/** KPROBE_TABLE_SIZE is 1 << KPROBE_HASH_BITS (6), kernel/kprobes.c. */
const BUCKETS = 64;
/** `enum` of kprobe flags, include/linux/kprobes.h. */
const FLAGS = [
  [1, 'gone'],
  [2, 'disabled'],
  [4, 'optimized'],
  [8, 'ftrace'],
] as const;

export default definePlugin({
  name: 'kprobes',
  scope: 'linux',
  summary: 'List the probes in the kernel code',
  description: 'Registered kprobes: where each is, and which functions it calls.',
  examples: ['linux kprobes -f memory.raw'],
  columns: {
    address: column.address('Probed instruction'),
    place: column.text('What is there'),
    flags: column.list('State of the probe'),
    handler: column.address('Function called before the instruction'),
    symbol: column.text('What that function is'),
    module: column.text('Module that it lies in'),
    suspicious: column.boolean('Leads out of the kernel'),
    offset: column.address('Address of the struct kprobe'),
  },
  diff: {
    kind: 'kernel probe',
    group: 'hooks',
    identity: ['offset', 'address'],
    describe: (row) => String(row.place ?? row.address),
  },
  *rows(kernel) {
    const table = kernel.requireAddress('kprobe_table');
    const size = BigInt(kernel.profile.pointerSize);
    const seen = new Set<bigint>();
    for (let bucket = 0n; bucket < BUCKETS; bucket++) {
      for (const probe of hlistEntries(kernel, table + bucket * size, 'kprobe', 'hlist', seen)) {
        const address = probe.ptr('addr') ?? 0n;
        const bits = probe.num('flags') ?? 0;
        yield {
          address,
          place: symbolize(kernel, address),
          flags: FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name),
          ...pointerFacts(kernel, probe.ptr('pre_handler') ?? 0n),
          offset: probe.address,
        };
      }
    }
  },
});
