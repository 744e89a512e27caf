/**
 * The parser on what real guests printed. busybox's tools read the same kernel files with code of their own, so its
 * netstat, lsmod, ip and ps judge our reading of /proc; what is printed twice must be read the same twice.
 */
import { describe, expect, it } from 'vitest';
import { linuxImages } from './images.js';
import type { InetSocket } from './inet-sockets.js';
import { isLastSleep, standingProcesses } from './standing-processes.js';

const found = linuxImages();

/**
 * `protocol local remote state`, as netstat prints it. Its last column is no state for raw sockets, and is there for UDP only
 * when connected.
 */
function netstatRows(lines: readonly string[]): string[] {
  const rows = lines.filter((line) => /^(tcp|udp|raw) /.test(line)).map((line) => line.trimEnd().split(/ +/));
  return rows
    .map(([protocol, , , ...rest]) => [protocol, ...rest.slice(0, protocol === 'raw' ? 2 : 3)].join(' '))
    .sort();
}

function socketRow(protocol: string, socket: InetSocket): string {
  const port = (number: number) => (number === 0 ? '*' : String(number));
  const ends = `${socket.localAddress}:${port(socket.localPort)} ${socket.remoteAddress}:${port(socket.remotePort)}`;
  return socket.state === 'CLOSE' ? `${protocol} ${ends}` : `${protocol} ${ends} ${socket.state}`;
}

describe.skipIf(found.length === 0)('the ground truth of real guests (skipped when none is found)', () => {
  describe.each(found)('$name', (image) => {
    it('reads every section that has a parser', async () => {
      const truth = await image.truth();
      const { sections: _, processes, ...system } = truth;
      for (const value of Object.values(system)) expect(value).toBeDefined();
      for (const process of processes.values()) expect({ ...process }.stat.pid).toBe(process.pid);
    });

    it('agrees with lsmod and the module addresses in kallsyms', async () => {
      const truth = await image.truth();
      const digest = truth.modules.map(({ state: _s, address: _a, taints: _t, ...row }) => row);
      expect(truth.lsmod).toEqual(digest);
      const named = new Set(truth.kallsyms.map((symbol) => symbol.module));
      expect(truth.modules.filter((module) => !named.has(module.name))).toEqual([]);
    });

    it('agrees with netstat', async () => {
      const { tcp, tcp6, udp, udp6, raw, sections } = await image.truth();
      const rows = Object.entries({ tcp: [...tcp, ...tcp6], udp: [...udp, ...udp6], raw }).flatMap(
        ([protocol, sockets]) => sockets.map((socket) => socketRow(protocol, socket)),
      );
      expect(rows.sort()).toEqual(netstatRows(sections.get('netstat') ?? []));
      expect(rows.length).toBe(9);
    });

    it('agrees with ip addr about IPv6 addresses', async () => {
      const truth = await image.truth();
      const fromIp = truth.interfaces.flatMap(({ name, index, addresses }) =>
        addresses
          .filter(({ family }) => family === 'inet6')
          .map(({ address, prefixLength }) => ({ name, index, address, prefixLength })),
      );
      const fromProc = truth.ifInet6.map(({ address, interfaceName, interfaceIndex, prefixLength }) => {
        return { name: interfaceName, index: interfaceIndex, address, prefixLength };
      });
      expect(fromProc.toSorted((a, b) => a.index - b.index)).toEqual(fromIp);
    });

    it('agrees with ps about processes and threads', async () => {
      const truth = await image.truth();
      const processes = [...truth.processes.values()];
      const printed = processes.map(({ pid, stat, status }) => ({
        pid,
        ppid: stat.ppid,
        user: String(status.uid[1]),
      }));
      const listed = truth.ps.filter((row) => !(row.comm === 'ps' && row.ppid === 1));
      expect(printed).toEqual(listed.map(({ pid, ppid, user }) => ({ pid, ppid, user })));

      const threads = processes.flatMap((process) => (process.threads ?? [process.stat]).map((thread) => thread.pid));
      const rows = truth.psThreads.filter((row) => !(row.comm === 'ps' && row.ppid === 1));
      expect(threads).toEqual(rows.map((row) => row.pid));
    });

    it('reads a process the same from each of its files', async () => {
      const { processes, mounts } = await image.truth();
      for (const process of processes.values()) {
        expect(process.status).toMatchObject({
          pid: process.pid,
          ppid: process.stat.ppid,
          state: process.stat.state,
        });
        expect(process.status.threads).toBe(process.threads?.length ?? 1);
        expect(process.fdinfo?.map(({ fd }) => fd)).toEqual(process.fds?.map(({ fd }) => fd));
        const mappings = process.smaps?.map(({ kibibytes: _k, vmFlags: _v, ...mapping }) => mapping);
        expect(mappings).toEqual(process.maps);
      }
      const initMounts = processes.get(1)?.mountinfo?.map(({ source, target, type }) => ({ source, target, type }));
      expect(initMounts).toEqual(mounts.map(({ source, target, type }) => ({ source, target, type })));
    });

    it('knows which processes outlive the listing', async () => {
      const truth = await image.truth();
      const standing = standingProcesses(truth);
      const printed = [...truth.processes.values()].map(({ pid, stat }) => ({ pid, ppid: stat.ppid }));
      expect(standing.map(({ pid, ppid }) => ({ pid, ppid }))).toEqual(printed);
      expect(standing.filter((process) => isLastSleep(truth, process))).toEqual([]);
      expect(isLastSleep(truth, { pid: truth.psFinal.at(-1)!.pid + 1, ppid: 1, comm: 'sleep' })).toBe(true);
    });
  });
});
