import { expect, it } from 'vitest';
import lsns from '../../../src/analysis/linux/lsns.js';
import namespaces from '../../../src/analysis/linux/namespaces.js';
import ptrace from '../../../src/analysis/linux/ptrace.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth, userTruth } from './standing.js';

/** Links of /proc/PID/ns by the column that has their number. */
const COLUMNS = {
  cgroup: 'cgroup',
  ipc: 'ipc',
  mnt: 'mnt',
  net: 'net',
  pid: 'pidNs',
  pid_for_children: 'pidForChildren',
  time: 'time',
  time_for_children: 'timeForChildren',
  user: 'user',
  uts: 'uts',
} as const;

onEveryImage('namespaces', (opened) => {
  it('gives the numbers of the links in /proc/PID/ns', async () => {
    const rows = byNumber(await opened().rows(namespaces), 'pid');
    const truth = userTruth(opened().truth);
    const found = truth.map(({ pid }) => {
      const row = rows.get(pid)?.[0];
      const numbers = Object.entries(COLUMNS).map(([link, column]) => [link, row?.[column]]);
      return { pid, namespaces: Object.fromEntries(numbers.filter(([, number]) => number !== undefined)) };
    });
    expect(found).toEqual(truth.map(({ pid, namespaces }) => ({ pid, namespaces: Object.fromEntries(namespaces!) })));
  });

  it('gives the process ids of NSpid in /proc/PID/status', async () => {
    const rows = byNumber(await opened().rows(namespaces), 'pid');
    const truth = standingTruth(opened().truth);
    const found = truth.map(({ pid }) => ({ pid, inner: rows.get(pid)?.[0]?.innerPids?.join('\t') }));
    expect(found).toEqual(truth.map(({ pid, status }) => ({ pid, inner: status.fields.get('NSpid') })));
  });

  it('knows the host name inside of the container', async () => {
    const rows = await opened().rows(namespaces);
    const contained = userTruth(opened().truth).find(({ cmdline }) => cmdline[1] === '55555')!;
    expect(rows.find(({ pid }) => pid === contained.pid)?.hostname).toBe('contained');
    expect(rows.find(({ pid }) => pid === 1)?.hostname).toBe('zoohost');
  });
});

onEveryImage('lsns', (opened) => {
  it('lists the namespaces that any process links to, with the lowest process id in each', async () => {
    const rows = await opened().rows(lsns);
    const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];
    const lowest = new Map<string, number>();
    for (const { pid, namespaces } of userTruth(opened().truth)) {
      for (const kind of kinds) {
        const number = namespaces!.get(kind);
        const key = `${kind}:${number}`;
        if (number !== undefined && !lowest.has(key)) lowest.set(key, pid);
      }
    }
    // kdevtmpfs mounts /dev in a mount namespace of its own; /proc tells nothing of a kernel thread's links here.
    const found = rows.filter(({ command }) => command !== 'kdevtmpfs');
    expect(rows.length - found.length).toBe(1);
    expect(new Map(found.map(({ type, namespace, pid }) => [`${type}:${namespace}`, pid]))).toEqual(lowest);
  });
});

onEveryImage('ptrace', (opened) => {
  it('lists the threads that have a TracerPid in /proc/PID/status', async () => {
    const rows = await opened().rows(ptrace);
    const traced = standingTruth(opened().truth).filter(({ status }) => status.tracerPid !== 0);
    expect(rows.map(({ pid, tid, tracerPid, how, options }) => ({ pid, tid, tracerPid, how, options }))).toEqual(
      traced.map(({ pid, status }) => ({ pid, tid: pid, tracerPid: status.tracerPid, how: 'seized', options: [] })),
    );
    expect(traced.map(({ comm }) => comm)).toEqual(['tracee']);
  });
});
