import { expect, it } from 'vitest';
import capabilities from '../../../src/analysis/linux/capabilities.js';
import checkCreds from '../../../src/analysis/linux/check-creds.js';
import creds from '../../../src/analysis/linux/creds.js';
import { CAPABILITY_NAMES } from '../../../src/objects/linux/capability-names.js';
import { byNumber, onEveryImage } from '../on-every-image.js';
import { standingTruth } from './standing.js';

onEveryImage('creds', (opened) => {
  it('gives the user, group and supplementary ids of /proc/PID/status', async () => {
    const rows = byNumber(await opened().rows(creds), 'pid');
    const truth = standingTruth(opened().truth);
    const found = truth.map(({ pid }) => {
      const row = rows.get(pid)?.[0] ?? {};
      return {
        pid,
        uid: [row.uid, row.euid, row.suid, row.fsuid],
        gid: [row.gid, row.egid, row.sgid, row.fsgid],
        groups: row.groups?.join(' '),
      };
    });
    expect(found).toEqual(
      truth.map(({ pid, status }) => ({ pid, uid: status.uid, gid: status.gid, groups: status.fields.get('Groups') })),
    );
    expect(truth.find(({ cmdline }) => cmdline[1] === 'user')?.status.uid).toEqual([1000, 1000, 1000, 1000]);
  });
});

onEveryImage('capabilities', (opened) => {
  it('gives the five sets of /proc/PID/status', async () => {
    const rows = byNumber(await opened().rows(capabilities), 'pid');
    const truth = standingTruth(opened().truth);
    const found = truth.map(({ pid }) => {
      const { effective, permitted, inheritable, bounding, ambient } = rows.get(pid)?.[0] ?? {};
      return { pid, effective, permitted, inheritable, bounding, ambient };
    });
    expect(found).toEqual(
      truth.map(({ pid, status }) => ({
        pid,
        effective: status.capEff,
        permitted: status.capPrm,
        inheritable: status.capInh,
        bounding: status.capBnd,
        ambient: status.capAmb,
      })),
    );
  });

  it('names all of them for root and none for a user, and knows as many as this kernel', async () => {
    const rows = await opened().rows(capabilities);
    const user = standingTruth(opened().truth).find(({ cmdline }) => cmdline[1] === 'user')!;
    expect(rows.find(({ pid }) => pid === user.pid)?.names).toEqual([]);
    expect(rows.find(({ pid }) => pid === 1)?.names).toEqual(['all']);
    expect(2n ** BigInt(CAPABILITY_NAMES.length) - 1n).toBe(rows[0]?.bounding);
  });
});

onEveryImage('check-creds', (opened) => {
  it('finds nothing shared where nothing was manipulated', async () => {
    expect(await opened().rows(checkCreds)).toEqual([]);
  });
});
