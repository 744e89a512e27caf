/** What the registry of the sample guest holds: Windows' own hives with what plugins look for in each, and a user's. */
import { hiveBytes, hiveText } from '../../formats/builders/hive.js';
import { CREDENTIALS, lsaKeyTruth, samTruth, securityTruth } from './nt-credentials.js';
import type { HiveTruth } from './nt-registry.js';

/** When the user started a program last, and when the inventory got its newest entry. */
export const USED = 133_540_000_000_000_000n;

function userAssistValue(): Uint8Array {
  const data = Buffer.alloc(72);
  data.writeUInt32LE(17, 4);
  data.writeUInt32LE(23, 8);
  data.writeUInt32LE(61_000, 12);
  data.writeBigUInt64LE(USED, 60);
  return data;
}

const chain = (path: string, leaf: HiveTruth['root']): HiveTruth['root'] => {
  const [first = '', ...rest] = path.split('\\');
  return { name: first, keys: [rest.length === 0 ? leaf : chain(rest.join('\\'), leaf)] };
};

/** More than two blocks, so that cells lie in several. */
export const LONG = Buffer.alloc(9000, 0x5a);

export const HIVES: readonly HiveTruth[] = [
  {
    mount: '\\REGISTRY\\MACHINE\\SYSTEM',
    path: '\\SystemRoot\\System32\\Config\\SYSTEM',
    root: {
      name: 'ROOT',
      keys: [
        { name: 'Select', values: { Current: hiveBytes(Uint8Array.of(1, 0, 0, 0), 4), Long: hiveBytes(LONG) } },
        { name: 'CurrentControlSet', keys: [{ name: 'Control', keys: [lsaKeyTruth(CREDENTIALS)] }] },
      ],
    },
  },
  {
    mount: '\\REGISTRY\\MACHINE\\SAM',
    path: '\\SystemRoot\\System32\\Config\\SAM',
    root: samTruth(CREDENTIALS, 'new'),
  },
  {
    mount: '\\REGISTRY\\MACHINE\\SECURITY',
    path: '\\SystemRoot\\System32\\Config\\SECURITY',
    root: securityTruth(CREDENTIALS, 'new'),
  },
  {
    mount: '\\REGISTRY\\USER\\S-1-5-21-1111-2222-3333-1001',
    path: '\\??\\C:\\Users\\ann\\ntuser.dat',
    root: {
      name: 'ROOT',
      keys: [
        chain('Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\UserAssist', {
          name: '{CEBFF5CD-ACE2-4F4F-9178-9926F41749EA}',
          keys: [
            {
              name: 'Count',
              values: { '{1NP14R77-02R7-4R5Q-O744-2RO1NR5198O7}\\pzq.rkr': hiveBytes(userAssistValue()) },
            },
          ],
        }),
      ],
    },
  },
  {
    mount: '\\REGISTRY\\A\\{11111111-2222-3333-4444-555555555555}',
    path: '\\??\\C:\\Windows\\AppCompat\\Programs\\Amcache.hve',
    root: {
      name: '{root}',
      keys: [
        chain('Root\\InventoryApplicationFile', {
          name: 'rk.exe|1234',
          lastWritten: USED,
          values: {
            LowerCaseLongPath: hiveText('c:\\temp\\rk.exe'),
            Name: hiveText('rk.exe'),
            FileId: hiveText('0000da39a3ee5e6b4b0d3255bfef95601890afd80709'),
          },
        }),
      ],
    },
  },
];
