import { expect, it } from 'vitest';
import kthreads from '../../../src/analysis/linux/kthreads.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth } from './standing.js';

/** Functions of well-known threads: kernel/{kthread,workqueue,smpboot}.c, mm/vmscan.c, kernel/rcu/tree.c. */
const FUNCTIONS: readonly (readonly [name: RegExp, symbol: string])[] = [
  [/^kworker\/u?\d/, 'worker_thread'],
  // Since 6.10 rescuers say what they are.
  [/^kworker\/R-/, 'rescuer_thread'],
  [/^(mm_percpu_wq|writeback|kblockd)$/, 'rescuer_thread'],
  [/^(ksoftirqd|migration|cpuhp)\//, 'smpboot_thread_fn'],
  [/^kswapd0$/, 'kswapd'],
  [/^rcu_(preempt|sched)$/, 'rcu_gp_kthread'],
  [/^kauditd$/, 'kauditd_thread'],
  [/^khungtaskd$/, 'watchdog'],
];

onEveryImage('kthreads', (opened) => {
  it('lists the kernel threads with the names of /proc/PID/comm', async () => {
    const rows = byNumber(await opened().rows(kthreads), 'pid');
    // PF_KTHREAD
    const truth = standingTruth(opened().truth).filter(({ stat }) => (stat.flags & 0x200000) !== 0);
    expect([...rows.keys()].sort((a, b) => a - b)).toEqual(truth.map(({ pid }) => pid));
    const found = truth.map(({ pid }) => {
      const { name, function: entry } = rows.get(pid)?.[0] ?? {};
      // /proc cuts rescuers' names, as it starts from comm for all that serve work queues (wq_worker_comm).
      const shown = entry === 'rescuer_thread' ? name?.slice(0, 15) : name;
      return { pid, name: comparable(String(shown)) };
    });
    expect(found).toEqual(
      truth.map(({ pid, comm }) => ({ pid, name: comparable(comm).slice(0, isRescuer(comm) ? 15 : undefined) })),
    );
  });

  it('gives the function of threads whose source is known, all within known code', async () => {
    const rows = await opened().rows(kthreads);
    expect(rows.filter(({ unknown }) => unknown)).toEqual([]);
    for (const [pattern, symbol] of FUNCTIONS) {
      const functions = rows.filter(({ name }) => pattern.test(String(name))).map((row) => row.function);
      // Which threads there are differs from kernel to kernel; what a kernel of this name runs does not.
      expect(new Set(functions.length === 0 ? [symbol] : functions), String(pattern)).toEqual(new Set([symbol]));
    }
    expect(rows.some((row) => row.function === 'worker_thread')).toBe(true);
    expect(rows.find(({ name }) => name === 'kswapd0')?.function).toBe('kswapd');
  });
});

/** A worker goes on to other queues after it was listed, so that the queue it shows is left out. */
function comparable(name: string): string {
  return name.replace(/^(kworker\/u?\d+:\d+H?)[-+].*$/, '$1');
}

const isRescuer = (comm: string) => comm.startsWith('kworker/R-');
