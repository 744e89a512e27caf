/** What the registry of the sample guest holds: Windows' own hives with what plugins look for in each, and a user's. */
import { createHash } from 'node:crypto';
import { hiveBytes, hiveText } from '../../formats/builders/hive.js';
import { CREDENTIALS, lsaKeyTruth, samTruth, securityTruth } from './nt-credentials.js';
import type { HiveTruth } from './nt-registry.js';
import { servicesKey } from './nt-services.js';

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

/** A certificate made for tests, self-signed: CN=Sample Root, by its SHA-1. */
export const CERTIFICATE = {
  subject: 'CN=Sample Root',
  friendlyName: 'Sample',
  der: Buffer.from(
    'MIIBbjCCARSgAwIBAgIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtTYW1wbGUgUm9vdDAeFw0yNjExMjgxNDQzMjVaFw0zNjExMjUxNDQzMjVaMBYx' +
      'FDASBgNVBAMMC1NhbXBsZSBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQyizGSu5KNS24UgHIBQeR6y7cR/qS3YCsY03XbSN3m4yRL/GiXZl' +
      'jbCkb6vKVHlwETAdUMlWnhK+a4AvL6VfBKNTMFEwHQYDVR0OBBYEFF68tPspYtAveNDP3B2PYw6Pn1bRMB8GA1UdIwQYMBaAFF68tPspYtAveNDP3B2P' +
      'Yw6Pn1bRMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAPZP1Bl50b7M6rmK4Ew54x+n3q6l6JWVn65YZMb07XrbAiBk4xpbAxYYeHJs' +
      '7iNqp+zRkeewI7RYOsV20eMNhuQWLg==',
    'base64',
  ),
} as const;
export const THUMBPRINT = createHash('sha1').update(CERTIFICATE.der).digest('hex').toUpperCase();

/** Properties of a stored certificate: number, 1, length, data. */
function certificateBlob(): Buffer {
  const property = (id: number, data: Buffer) => {
    const head = Buffer.alloc(12);
    [id, 1, data.length].forEach((word, index) => {
      head.writeUInt32LE(word, index * 4);
    });
    return Buffer.concat([head, data]);
  };
  const name = Buffer.from(`${CERTIFICATE.friendlyName}\0`, 'utf16le');
  return Buffer.concat([property(11, name), property(32, CERTIFICATE.der)]);
}

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
        { name: 'CurrentControlSet', keys: [{ name: 'Control', keys: [lsaKeyTruth(CREDENTIALS)] }, servicesKey()] },
      ],
    },
  },
  {
    mount: '\\REGISTRY\\MACHINE\\SAM',
    path: '\\SystemRoot\\System32\\Config\\SAM',
    root: samTruth(CREDENTIALS, 'new'),
    reader: 'disk.sys+0x3300',
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
        chain(`Policies\\Microsoft\\SystemCertificates\\Root\\Certificates`, {
          name: THUMBPRINT,
          lastWritten: USED,
          values: { Blob: hiveBytes(certificateBlob()) },
        }),
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
