import { expect, it } from 'vitest';
import psscan from '../../../src/analysis/linux/psscan.js';
import psxview from '../../../src/analysis/linux/psxview.js';
import threads from '../../../src/analysis/linux/threads.js';
import { taskSlots } from '../../../src/objects/linux/task-scan.js';
import { standingProcesses } from '../../ground-truth/standing-processes.js';
import { onEveryImage } from '../on-every-image.js';

/** The programs that the guest's init script runs one after another, and kernel threads that end with their work. */
const SCRIPT_PROGRAMS =
  /^(init|sh|cat|xxd|readlink|ls|ps|sleep|date|dmesg|uptime|stty|insmod|ip|mount|mkdir|hostname|sed|wc|true|cp|mknod|losetup|mke2fs|dd|chmod|unshare|zoo|modprobe|kmod|kworker\/.*|ext4lazyinit|bash|tail|curl|head|uname|lsmod|netstat|ifconfig)$/;

onEveryImage('psscan', (opened) => {
  it('finds every thread on the lists, in its slab and by its pattern', async () => {
    const listed = await opened().rows(threads);
    const rows = await opened().rows(psscan);
    const found = rows.filter((row) => row.found?.includes('task list'));
    expect(found.map(({ pid, tid, name, offset }) => ({ pid, tid, name, offset }))).toEqual(
      listed.map(({ pid, tid, name, offset }) => ({ pid, tid, name, offset })),
    );
    expect(new Set(found.map((row) => row.found?.join()))).toEqual(new Set(['task list,slab,pattern']));
  });

  it('finds beyond them the idle task and tasks that have exited, and no garbage', async () => {
    const { truth, kernel } = opened();
    const rows = (await opened().rows(psscan)).filter((row) => !row.found?.includes('task list'));
    const idle = rows.filter(({ offset }) => offset === kernel.address('init_task'));
    expect(idle.map(({ pid, tid, name, state, found }) => ({ pid, tid, name, state, found }))).toEqual([
      { pid: 0, tid: 0, name: 'swapper/0', state: 'R', found: ['pattern'] },
    ]);
    const exited = rows.filter((row) => !idle.includes(row));
    const standing = new Set(standingProcesses(truth).map(({ pid }) => pid));
    const lastPid = Math.max(...truth.psFinal.map(({ pid }) => pid)) + 1;
    for (const { pid, tid, name, state, found, createTime } of exited) {
      expect(state).toBe('X');
      expect(pid).toBe(tid);
      expect(standing.has(Number(pid))).toBe(false);
      expect(Number(pid)).toBeLessThanOrEqual(lastPid);
      expect(name).toMatch(SCRIPT_PROGRAMS);
      expect(found).not.toContain('slab');
      expect(Number(createTime! / 1_000_000_000n)).toBeLessThanOrEqual(truth.date.getTime() / 1000 + 5);
    }
    // The ps that printed the last listing had just exited. Only the process that init started after it, the last of all,
    // can have been given its slot.
    const ps = truth.psFinal.find(({ comm, ppid }) => comm === 'ps' && ppid === 1);
    const left = exited.filter(({ pid }) => pid === ps?.pid).map(({ name }) => name);
    if (left.length > 0) expect(left).toEqual(['ps']);
    else expect((await opened().rows(threads)).filter(({ pid }) => pid === lastPid)).toHaveLength(1);
    expect(new Set(exited.map(({ pid }) => pid)).size).toBe(exited.length);
  });

  it('sees as many slots in use as there are threads, and slabs as full as slabinfo said', () => {
    const { truth, kernel } = opened();
    const slots = [...taskSlots(kernel)];
    const cache = truth.slabinfo.find(({ name }) => name === 'task_struct')!;
    expect(slots.length % cache.objectsPerSlab).toBe(0);
    expect(new Set(slots.map(({ address }) => address)).size).toBe(slots.length);
  });
});

onEveryImage('psxview', (opened) => {
  it('finds every live task everywhere it belongs', async () => {
    const rows = await opened().rows(psxview);
    expect(rows.filter(({ suspicious }) => suspicious)).toEqual([]);
    const listed = await opened().rows(threads);
    const live = rows.filter(({ state, pid }) => state !== 'X' && pid !== 0);
    expect(live).toHaveLength(listed.length);
    for (const { pid, tid, pidMap, threadList, taskList, children, controlGroup, slab, state } of live) {
      const leader = pid === tid;
      expect({ pidMap, threadList, controlGroup, slab }).toEqual({
        pidMap: true,
        threadList: true,
        // Zombies have left their control group.
        controlGroup: state === 'Z' ? undefined : true,
        slab: true,
      });
      expect({ taskList, children }).toEqual(
        leader ? { taskList: true, children: true } : { taskList: undefined, children: undefined },
      );
    }
  });
});
