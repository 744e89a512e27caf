import { expect, it } from 'vitest';
import cmdline from '../../../src/analysis/linux/cmdline.js';
import envars from '../../../src/analysis/linux/envars.js';
import { taskComm } from '../../ground-truth/process-list.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth, userTruth } from './standing.js';

onEveryImage('cmdline', (opened) => {
  it('gives name and arguments of every process as /proc does', async () => {
    const rows = byNumber(await opened().rows(cmdline), 'pid');
    const truth = standingTruth(opened().truth);
    const found = truth.map(({ pid }) => {
      const [row] = rows.get(pid) ?? [];
      return { pid, ppid: row?.ppid, name: row?.name, argv: row?.argv ?? [] };
    });
    expect(found).toEqual(
      truth.map(({ pid, stat, cmdline }) => ({ pid, ppid: stat.ppid, name: taskComm(stat.comm), argv: cmdline })),
    );
  });

  it('gives executable, working and root directory as the links in /proc/PID', async () => {
    const rows = byNumber(await opened().rows(cmdline), 'pid');
    const truth = userTruth(opened().truth);
    const found = truth.map(({ pid }) => {
      const [row] = rows.get(pid) ?? [];
      return { pid, exe: row?.exe, cwd: row?.cwd, root: row?.root };
    });
    expect(found).toEqual(truth.map(({ pid, exe, cwd, root }) => ({ pid, exe, cwd, root })));
  });

  it('knows no executable of kernel threads and zombies', async () => {
    const user = new Set(userTruth(opened().truth).map(({ pid }) => pid));
    const others = standingTruth(opened().truth).filter(({ pid }) => !user.has(pid));
    const rows = byNumber(await opened().rows(cmdline), 'pid');
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter(({ pid }) => rows.get(pid)?.[0]?.exe !== undefined)).toEqual([]);
  });
});

onEveryImage('envars', (opened) => {
  it('lists the strings of /proc/PID/environ of every process in their order', async () => {
    const rows = byNumber(await opened().rows(envars), 'pid');
    const truth = userTruth(opened().truth);
    const found = truth.map(({ pid }) => ({
      pid,
      environ: (rows.get(pid) ?? []).map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)),
    }));
    expect(found).toEqual(truth.map(({ pid, environ }) => ({ pid, environ })));
  });
});
