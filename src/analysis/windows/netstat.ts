/** `netstat` of NT: connections, listeners and UDP endpoints. */
import { column } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import { endpoints } from '../../objects/windows/network/endpoints.js';
import { processId, processName } from '../../objects/windows/process-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

export default definePlugin({
  name: 'netstat',
  scope: 'windows',
  common: true,
  summary: 'List network sockets and connections',
  description:
    'Endpoints of tcpip.sys in pool blocks of the kernel, so that closed connections are among them whose memory was not used ' +
    'again. Windows Vista and later; XP, 2003 and ReactOS keep theirs otherwise.',
  aliases: ['windows.netscan.NetScan', 'windows.netstat.NetStat', 'netscan'],
  examples: ['netstat -f memory.raw', 'netstat -f memory.raw --filter state=ESTABLISHED --json'],
  options: { pid: COMMON_OPTIONS.pid },
  columns: {
    pid: column.integer('Process that made it'),
    process: column.text('Its name'),
    protocol: column.text('tcp, tcp6, udp, udp6'),
    localAddress: column.text('Local address; 0.0.0.0 and :: are all'),
    localPort: column.integer('Local port'),
    remoteAddress: column.text('Remote address'),
    remotePort: column.integer('Remote port'),
    state: column.text('State of the connection'),
    createTime: column.time('When it was made'),
    offset: column.address('Address of the endpoint', { quiet: true }),
  },
  timeline: {
    events: { createTime: 'endpoint created' },
    describe: (row) =>
      `${row.protocol} ${row.localAddress}:${row.localPort} ${row.remoteAddress ?? '*'}:${row.remotePort ?? '*'}`,
  },
  diff: {
    kind: 'socket',
    group: 'network',
    identity: ['offset', 'createTime', 'protocol'],
    ignore: ['process'],
    describe: (row) =>
      `${row.protocol} ${row.localAddress ?? '*'}:${row.localPort ?? '*'} ${row.remoteAddress ?? '*'}:${row.remotePort ?? '*'}`,
  },
  *rows(kernel, options, io) {
    const [major = '0'] = kernel.profile.release.split('.');
    if (Number(major) < 6) {
      throw new UserError(
        `netstat does not know the network structures of NT ${kernel.profile.release}`,
        'list the handles of \\Device\\Tcp and \\Device\\Udp with: memlapse handles --filter type=File',
      );
    }
    for (const { owner, created, ...endpoint } of endpoints(kernel, () => io.progress(0, 0, 'looking for endpoints'))) {
      const pid = owner && processId(owner);
      if (!selected(options.pid, pid)) continue;
      yield { pid, process: owner && processName(owner), ...endpoint, createTime: created };
    }
  },
});
