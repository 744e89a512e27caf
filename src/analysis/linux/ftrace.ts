/** `ftrace`: functions hooked into the kernel's function tracer, which rootkits use in place of patched code. */
import { column } from '../../core/columns.js';
import type { LinuxKernel } from '../../objects/linux/kernel.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { chainEntries, hlistEntries } from '../../objects/linux/lists.js';
import { symbolize } from '../../objects/linux/symbolize.js';
import type { StructView } from '../../objects/struct-view.js';
import { definePlugin } from '../plugin.js';

/** enum of FTRACE_OPS_FL_*, include/linux/ftrace.h (bits as of 4.19 to 6.12). */
const FLAGS = [
  [0, 'enabled'],
  [1, 'dynamic'],
  [2, 'save-regs'],
  [13, 'ipmodify'],
  [15, 'direct'],
] as const;
const MAX_HASH_BITS = 20;
const MAX_SHOWN = 32;

export default definePlugin({
  name: 'ftrace',
  scope: 'linux',
  summary: 'List the hooks in the function tracer',
  description: 'Registered ftrace operations with the functions that they trace (all, when the filter is empty).',
  aliases: ['linux.ftrace.CheckFtrace', 'linux.tracing.ftrace.CheckFtrace'],
  examples: ['linux ftrace -f memory.raw'],
  columns: {
    handler: column.address('Function that is called'),
    symbol: column.text('What is there'),
    module: column.text('Module that it lies in'),
    flags: column.list('State and wishes of the hook'),
    count: column.integer('Traced functions; 0 for all of them'),
    functions: column.list('The first 32 of them'),
    suspicious: column.boolean('Leads out of the kernel'),
    offset: column.address('Address of the struct ftrace_ops'),
  },
  diff: {
    kind: 'ftrace hook',
    group: 'hooks',
    identity: ['offset', 'handler'],
    describe: (row) => String(row.symbol ?? row.handler),
  },
  *rows(kernel) {
    const end = kernel.address('ftrace_list_end');
    for (const ops of chainEntries(kernel, kernel.globalPointer('ftrace_ops_list'), 'ftrace_ops', 'next')) {
      if (ops.address === end) break;
      const bits = ops.num('flags') ?? 0;
      const traced = [...filterAddresses(kernel, ops)];
      yield {
        ...pointerFacts(kernel, ops.ptr('func') ?? 0n),
        flags: FLAGS.filter(([bit]) => ((bits >>> bit) & 1) === 1).map(([, name]) => name),
        count: traced.length,
        functions: traced
          .slice(0, MAX_SHOWN)
          .map((address) => symbolize(kernel, address) ?? `0x${address.toString(16)}`),
        offset: ops.address,
      };
    }
  },
});

/** Addresses in the filter of an `ftrace_ops`: a hash table of `ftrace_func_entry`. */
function* filterAddresses(kernel: LinuxKernel, ops: StructView): Generator<bigint> {
  const hash = ops.follow('func_hash')?.follow('filter_hash');
  const buckets = hash?.ptr('buckets');
  const bits = hash?.num('size_bits') ?? 0;
  if (hash === undefined || buckets === undefined || buckets === 0n || bits > MAX_HASH_BITS) return;
  const seen = new Set<bigint>();
  for (let bucket = 0n; bucket < 1n << BigInt(bits); bucket++) {
    const head = buckets + bucket * BigInt(kernel.profile.pointerSize);
    for (const entry of hlistEntries(kernel, head, 'ftrace_func_entry', 'hlist', seen)) yield entry.ptr('ip') ?? 0n;
  }
}
