import { expect, it } from 'vitest';
import pslist from '../../../src/analysis/linux/pslist.js';
import pstree from '../../../src/analysis/linux/pstree.js';
import threads from '../../../src/analysis/linux/threads.js';
import { bootTime } from '../../../src/objects/linux/clock.js';
import { taskComm } from '../../ground-truth/process-list.js';
import { isLastSleep, standingProcesses } from '../../ground-truth/standing-processes.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth } from './standing.js';

const NS_PER_TICK = 10_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

onEveryImage('pslist', (opened) => {
  it('lists the processes of the last ps, and of others only the sleep that init waits in', async () => {
    const { truth } = opened();
    const rows = await opened().rows(pslist);
    const found = rows.map(({ pid, ppid, name }) => ({ pid: Number(pid), ppid: Number(ppid), comm: String(name) }));
    const standing = standingProcesses(truth);
    const extra = found.filter(({ pid }) => !standing.some((process) => process.pid === pid));
    expect(extra.map((process) => isLastSleep(truth, process))).toEqual([true]);
    const byPid = (a: { pid: number }, b: { pid: number }) => a.pid - b.pid;
    expect(found.filter((process) => !extra.includes(process)).sort(byPid)).toEqual(standing.sort(byPid));
  });

  it('gives state, ids, threads and start as /proc/PID/status and stat', async () => {
    const rows = byNumber(await opened().rows(pslist), 'pid');
    const truth = standingTruth(opened().truth).filter(({ pid }) => pid !== 1);
    const found = truth.map(({ pid }) => {
      const row = rows.get(pid)?.[0];
      const { threads, uid, gid, kernelThread, sinceBoot } = row ?? {};
      return {
        pid,
        threads,
        uid,
        gid,
        kernelThread,
        ticks: sinceBoot === undefined ? undefined : sinceBoot / NS_PER_TICK,
      };
    });
    expect(found).toEqual(
      truth.map(({ pid, stat, status }) => ({
        pid,
        threads: status.threads,
        uid: status.uid[1],
        gid: status.gid[1],
        // PF_KTHREAD
        kernelThread: (stat.flags & 0x200000) !== 0,
        ticks: BigInt(stat.startTicks),
      })),
    );
  });

  it('counts times from the boot time of /proc/stat', async () => {
    const { truth, kernel } = opened();
    const line = truth.sections.get('stat')?.find((each) => each.startsWith('btime '));
    const boot = bootTime(kernel)!;
    expect(boot / NS_PER_SECOND).toBe(BigInt(line!.slice('btime '.length)));
    for (const { createTime, sinceBoot } of await opened().rows(pslist)) expect(createTime).toBe(boot + sinceBoot!);
  });

  it('gives the groups and sessions of /proc/PID/stat', async () => {
    const rows = byNumber(await opened().rows(pslist), 'pid');
    const truth = standingTruth(opened().truth);
    const found = truth.map(({ pid }) => ({
      pid,
      group: rows.get(pid)?.[0]?.group,
      session: rows.get(pid)?.[0]?.session,
    }));
    expect(found).toEqual(truth.map(({ pid, stat }) => ({ pid, group: stat.pgrp, session: stat.session })));
  });
});

onEveryImage('pstree', (opened) => {
  it('has the processes of pslist, each below its parent', async () => {
    const tree = await opened().rows(pstree);
    const list = await opened().rows(pslist);
    const pids = (rows: readonly { pid?: number | bigint | undefined }[]) =>
      rows.map(({ pid }) => Number(pid)).sort((a, b) => a - b);
    expect(pids(tree)).toEqual(pids(list));
    const path: number[] = [];
    for (const { pid, ppid, depth } of tree) {
      path.length = Number(depth);
      expect(path.at(-1) ?? 0).toBe(ppid);
      path.push(Number(pid));
    }
  });

  it('shows with --pid what descends from that process', async () => {
    const shells = opened().truth.psFinal.filter(({ comm, args }) => comm === 'sh' && args.startsWith('sh -c'));
    const sleep = opened().truth.psFinal.find(({ args }) => args === 'sleep 44444');
    const top = shells.find(({ ppid }) => ppid === 1)!;
    const rows = await opened().rows(pstree, { pid: [top.pid] });
    expect(rows.map(({ pid, depth }) => [pid, depth])).toEqual(
      [...shells.sort((a, b) => a.pid - b.pid), sleep!].map(({ pid }, depth) => [pid, depth]),
    );
  });
});

onEveryImage('threads', (opened) => {
  it('lists the threads of ps -T, and of others only the sleep that init waits in', async () => {
    const { truth } = opened();
    const standing = new Set(standingProcesses(truth).map(({ pid }) => pid));
    const main = new Map(
      [...truth.processes.values()].flatMap(({ pid, threads }) => (threads ?? []).map((t) => [t.pid, pid])),
    );
    const expected = truth.psThreads
      .map(({ pid, comm }) => ({ pid: main.get(pid) ?? pid, tid: pid, name: taskComm(comm) }))
      .filter(({ pid }) => standing.has(pid));
    const rows = await opened().rows(threads);
    const found = rows.map(({ pid, tid, name }) => ({ pid, tid, name }));
    const byTid = (a: { tid?: unknown }, b: { tid?: unknown }) => Number(a.tid) - Number(b.tid);
    expect(found.filter(({ pid }) => standing.has(Number(pid))).sort(byTid)).toEqual(expected.sort(byTid));
    const extra = rows.filter(({ pid }) => !standing.has(Number(pid)));
    expect(extra.map(({ name }) => name)).toEqual(['sleep']);
  });

  it('gives start, priority, nice, policy and flags of every thread as /proc/PID/task/TID/stat', async () => {
    const { truth } = opened();
    // Init and the kernel's workers ran on after they were printed.
    const stats = standingTruth(truth)
      .filter(({ pid }) => pid !== 1)
      .flatMap(({ stat, threads }) => threads ?? [stat]);
    const rows = byNumber(await opened().rows(threads), 'tid');
    const policies = ['normal', 'fifo', 'rr', 'batch', 'iso', 'idle', 'deadline'];
    const found = stats.map(({ pid }) => {
      const { sinceBoot, priority, nice, policy, cpu } = rows.get(pid)?.[0] ?? {};
      return {
        tid: pid,
        ticks: sinceBoot === undefined ? undefined : sinceBoot / NS_PER_TICK,
        priority,
        nice,
        policy,
        cpu,
      };
    });
    expect(found).toEqual(
      stats.map(({ pid, startTicks, priority, nice, policy, processor }) => ({
        tid: pid,
        ticks: BigInt(startTicks),
        priority,
        nice,
        policy: policies[policy],
        cpu: processor,
      })),
    );
  });

  it('gives the state of every user thread and zombie as /proc/PID/task/TID/stat', async () => {
    // Workers of the kernel run and idle as they please; init printed this.
    const stats = standingTruth(opened().truth)
      .filter(({ pid, exe, stat }) => pid !== 1 && (exe !== undefined || stat.state === 'Z'))
      .flatMap(({ stat, threads }) => threads ?? [stat]);
    const rows = byNumber(await opened().rows(threads), 'tid');
    const found = stats.map(({ pid }) => ({ tid: pid, state: rows.get(pid)?.[0]?.state }));
    expect(found).toEqual(stats.map(({ pid, state }) => ({ tid: pid, state })));
  });
});
