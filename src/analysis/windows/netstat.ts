/** `netstat` of NT: connections, listeners and UDP endpoints. */
import { column } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import { fileName } from '../../objects/windows/file-name.js';
import { endpoints } from '../../objects/windows/network/endpoints.js';
import { scanObjects } from '../../objects/windows/pool-scan.js';
import { processName } from '../../objects/windows/process-facts.js';
import { COMMON_OPTIONS, definePlugin, selected } from '../plugin.js';

/** The devices of ReactOS's tcpip.sys through which endpoints are opened. */
const REACTOS_DEVICES = /^\\Device\\(Tcp|Udp|RawIp)(\\|$)/i;

export default definePlugin({
  name: 'netstat',
  scope: 'windows',
  common: true,
  summary: 'List network sockets and connections',
  description:
    'Endpoints of tcpip.sys in pool blocks of the kernel, so that closed connections are among them whose memory was not used ' +
    'again. Before Vista without states, as these are not kept there; of ReactOS only whether there is any.',
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
    if (kernel.isReactOS) {
      // Its driver keeps an endpoint for each file object of its devices, in structures of its own.
      const files = [...scanObjects(kernel, ['File'])].map(({ body }) =>
        fileName(kernel, kernel.struct('_FILE_OBJECT', body)),
      );
      if (files.some((name) => name !== undefined && REACTOS_DEVICES.test(name))) {
        throw new UserError(
          'netstat does not know the network structures of ReactOS, and there are endpoints',
          'list their files with: memlapse windows filescan',
        );
      }
      io.note('no file of \\Device\\Tcp, \\Device\\Udp or \\Device\\RawIp is open, so there is no endpoint');
      return;
    }
    for (const { owner, pid, created, ...endpoint } of endpoints(kernel, () =>
      io.progress(0, 0, 'looking for endpoints'),
    )) {
      if (!selected(options.pid, pid)) continue;
      yield { pid, process: owner && processName(owner), ...endpoint, createTime: created };
    }
  },
});
