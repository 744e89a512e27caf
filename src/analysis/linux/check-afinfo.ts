/** `check-afinfo`: the operations behind /proc/net/{tcp,udp,…}, which rootkits replace to hide connections. */
import { column } from '../../core/columns.js';
import { inlineHook } from '../../objects/linux/inline-hook.js';
import { pointerFacts } from '../../objects/linux/kernel-pointer.js';
import { loadedModules } from '../../objects/linux/symbolize.js';
import { ProfileGap } from '../../profiles/profile-gap.js';
import { definePlugin } from '../plugin.js';

/** `struct seq_operations` variables of the network's files in /proc (net/ipv4, net/ipv6, net/unix, …; 4.18 to 6.12). */
const OPERATIONS = [
  'tcp4_seq_ops',
  'tcp6_seq_ops',
  'udp_seq_ops',
  'udp6_seq_ops',
  'raw_seq_ops',
  'raw6_seq_ops',
  'unix_seq_ops',
  'packet_seq_ops',
  'netlink_seq_ops',
  'ping_v4_seq_ops',
  'ping_v6_seq_ops',
] as const;
const MEMBERS = ['start', 'stop', 'next', 'show'] as const;

export default definePlugin({
  name: 'check-afinfo',
  scope: 'linux',
  summary: 'Check the operations behind the /proc/net files for hooks',
  description:
    'One row for each function of each seq_operations. Suspicious ones lead out of the kernel and its modules.',
  aliases: ['linux.check_afinfo.Check_afinfo'],
  examples: ['linux check-afinfo -f memory.raw'],
  columns: {
    structure: column.text('Variable that holds the operations'),
    member: column.text('Operation'),
    handler: column.address('Address of the function'),
    symbol: column.text('What is there'),
    module: column.text('Module that the function lies in'),
    inlineHook: column.address('Where its overwritten entry jumps to'),
    suspicious: column.boolean('Leads out of the kernel'),
  },
  diff: {
    kind: 'network operation',
    group: 'hooks',
    identity: ['structure', 'member'],
    describe: (row) => `${row.structure}.${row.member}`,
  },
  *rows(kernel) {
    let found = 0;
    for (const structure of OPERATIONS) {
      const address = kernel.address(structure) ?? moduleSymbol(structure);
      if (address === undefined) continue;
      found++;
      const operations = kernel.struct('seq_operations', address);
      for (const member of MEMBERS) {
        const handler = operations.ptr(member);
        if (handler === undefined) continue;
        const facts = pointerFacts(kernel, handler);
        const hook = facts.suspicious ? undefined : inlineHook(kernel, handler);
        yield { structure, member, ...facts, inlineHook: hook, suspicious: facts.suspicious || hook !== undefined };
      }
    }
    if (found === 0) throw new ProfileGap('the symbol tcp4_seq_ops', kernel.profile.release);

    function moduleSymbol(name: string): bigint | undefined {
      for (const module of loadedModules(kernel)) {
        const symbol = module.symbols().find((each) => each.name === name);
        if (symbol !== undefined) return symbol.address;
      }
      return undefined;
    }
  },
});
