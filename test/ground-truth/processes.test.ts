import { describe, expect, it } from 'vitest';
import { parseProcessList, taskComm } from './process-list.js';
import { parseProcessStat } from './process-stat.js';
import { parseProcessStatus } from './process-status.js';

describe('parseProcessList', () => {
  it('reads the wide listing', () => {
    const lines = [
      'PID   PPID  PGID  SID   USER     GROUP    COMMAND          COMMAND',
      '    1     0     0     0 0        0        init             {init} /bin/sh /init',
      '   11     2     0     0 0        0        rcu_tasks_kthre  [rcu_tasks_kthre]',
      '  130     1     0     0 1000     1001     zoo              /bin/zoo user',
      '  150     1   150   150 0        0        orphaned         {orphaned} /bin/zoo ',
    ];
    const common = { pgid: 0, sid: 0, user: '0', group: '0' };
    expect(parseProcessList(lines)).toEqual([
      { ...common, pid: 1, ppid: 0, comm: 'init', args: '{init} /bin/sh /init' },
      { ...common, pid: 11, ppid: 2, comm: 'rcu_tasks_kthre', args: '[rcu_tasks_kthre]' },
      { ...common, pid: 130, ppid: 1, user: '1000', group: '1001', comm: 'zoo', args: '/bin/zoo user' },
      { ...common, pid: 150, ppid: 1, pgid: 150, sid: 150, comm: 'orphaned', args: '{orphaned} /bin/zoo' },
    ]);
  });

  it('reads the short listing, with a number wider than its column', () => {
    const lines = ['PID   PPID  COMMAND          COMMAND', '123456     1 ps               {ps} /bin/sh /init'];
    expect(parseProcessList(lines)).toEqual([{ pid: 123456, ppid: 1, comm: 'ps', args: '{ps} /bin/sh /init' }]);
  });

  it('refuses a row that does not fit its heading', () => {
    expect(() => parseProcessList(['PID   PPID  COMMAND', '    1 init'])).toThrow('unexpected ps row');
    expect(() => parseProcessList(['PID   COLOUR'])).toThrow('unknown ps column COLOUR');
  });
});

describe('taskComm', () => {
  it.each([
    ['kworker/0:0-rcu_gp', 'kworker/0:0'],
    ['kworker/0:0H-ev', 'kworker/0:0H'],
    ['kworker/u2:1+events_unbound', 'kworker/u2:1'],
    ['kworker/9:9', 'kworker/9:9'],
    ['kworker/R-rcu_gp', 'kworker/R-rcu_g'],
    ['rcu_tasks_kthread', 'rcu_tasks_kthre'],
    ['a-b', 'a-b'],
  ])('%s is %s in the task', (shown, comm) => {
    expect(taskComm(shown)).toBe(comm);
  });
});

describe('parseProcessStat', () => {
  it('keeps 64-bit fields whole and a name with parentheses', () => {
    const line =
      '151 (a) (b) S 142 151 151 34816 178 4194304 1 0 0 0 1 7 0 0 20 0 5 0 1404 1388544 2 18446744073709551615 ' +
      '4198400 4773713 140734566639792 0 0 0 0 4102 0 1 0 0 17 3 0 0 0 0 0 4953712 4977328 587853824 140734566645631 ' +
      '140734566645648 140734566645649 140734566645743 768';
    expect(parseProcessStat([line])).toMatchObject({
      pid: 151,
      comm: 'a) (b',
      state: 'S',
      ppid: 142,
      ttyNumber: 34816,
      foregroundGroup: 178,
      threads: 5,
      startTicks: 1404,
      virtualSize: 1388544n,
      residentLimit: 18446744073709551615n,
      startStack: 140734566639792n,
      ignoredSignals: 4102n,
      exitSignal: 17,
      processor: 3,
      startBrk: 587853824n,
      argStart: 140734566645631n,
      argEnd: 140734566645648n,
      envStart: 140734566645649n,
      envEnd: 140734566645743n,
      exitCode: 768,
    });
  });

  it('refuses a line with fields missing', () => {
    expect(() => parseProcessStat(['1 (init) S 0 0'])).toThrow('unexpected stat');
    expect(() => parseProcessStat([])).toThrow('unexpected stat');
  });
});

describe('parseProcessStatus', () => {
  it('reads ids, capabilities and sizes', () => {
    const lines = [
      ...['Name:\tzoo', 'State:\tt (tracing stop)', 'Tgid:\t130', 'Pid:\t131', 'PPid:\t1', 'TracerPid:\t139'],
      ...['Uid:\t1000\t1001\t1002\t1003', 'Gid:\t1001\t1002\t1003\t1004', 'Groups:\t ', 'VmSize:\t    1084 kB'],
      ...['Threads:\t2', 'CapInh:\t0000000000000000', 'CapPrm:\t000001ffffffffff', 'CapEff:\t0000000000000001'],
      ...['CapBnd:\t0000000000000002', 'CapAmb:\t0000000000000003', 'Seccomp:\t0'],
    ];
    const status = parseProcessStatus(lines);
    expect({ ...status, fields: status.fields.size }).toEqual({
      ...{ name: 'zoo', state: 't', tgid: 130, pid: 131, ppid: 1, tracerPid: 139, threads: 2 },
      ...{ uid: [1000, 1001, 1002, 1003], gid: [1001, 1002, 1003, 1004] },
      ...{ capInh: 0n, capPrm: 0x1ffffffffffn, capEff: 1n, capBnd: 2n, capAmb: 3n },
      kibibytes: new Map([['VmSize', 1084]]),
      fields: 17,
    });
    expect(status.fields.get('Groups')).toBe('');
  });
});
