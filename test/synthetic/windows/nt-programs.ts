/**
 * Programs of a synthetic NT guest that have more inside than headers: ntdll with system calls, a program with imports and a
 * version, lsass with the encryption systems of Kerberos, one that was hollowed out and whose file is to be deleted.
 */

import type { DllTruth, NtAreaTruth, NtProcessTruth } from './nt-truth.js';
import { importTable, versionResource } from './pe-tables.js';

const LOADED = '2024-03-05T08:00:11Z';
export const NTDLL_BASE = 0x7ff8_1000_0000n;
const IMAGE_BASE = 0x7ff6_4000_0000n;

/** mov r10, rcx; mov eax, NUMBER; syscall; ret; and what a hook puts there: jmp. */
export const CALL_CODE = { NtClose: '4c8bd1b80f0000000f05c3cc', NtOpenFile: '4c8bd1b8330000000f05c3cc' } as const;
export const HOOKED_CODE = 'e9fbffff0ff8000000000000';
const CALLS_AT = { NtClose: 0x5000, NtOpenFile: 0x5020 } as const;

/** ntdll as programs have it. @param hooked the call whose code begins with a jump */
export function ntdll(hooked?: keyof typeof CALL_CODE): DllTruth {
  const calls = Object.entries(CALL_CODE) as [keyof typeof CALL_CODE, string][];
  return {
    path: 'C:\\Windows\\System32\\ntdll.dll',
    base: NTDLL_BASE,
    size: 0x1f0000,
    loaded: LOADED,
    inside: {
      exports: calls.map(([name]) => ({ name, rva: CALLS_AT[name] })),
      contents: calls.map(([name, code]) => ({
        rva: CALLS_AT[name],
        bytes: Buffer.from(name === hooked ? HOOKED_CODE : code, 'hex'),
      })),
    },
  };
}

export const IMPORTS = [
  {
    library: 'ntdll.dll',
    functions: [
      { name: 'NtClose', address: NTDLL_BASE + 0x5000n },
      { ordinal: 7, address: NTDLL_BASE + 0x5020n },
    ],
  },
  { library: 'ws2_32.dll', functions: [{ name: 'send', address: 0x1_c000_0100n }] },
] as const;
export const VERSION = {
  file: [10, 0, 19041, 746],
  strings: {
    CompanyName: 'Microsoft Corporation',
    FileDescription: 'Client Server Runtime',
    OriginalFilename: 'SAMPLE.EXE',
  },
} as const;

/** What an encryption system's entry leads to: offsets in cryptdll. The decrypt routine of the second was exchanged. */
export const CRYPTDLL = { base: 0x7ff8_3000_0000n, size: 0x20000, table: 0x8000 } as const;
export const CRYPTO_SYSTEMS = [
  {
    ...{ type: 18, name: 'aes256-cts-hmac-sha1-96', block: 16, exported: 18, key: 32 },
    initialize: CRYPTDLL.base + 0x1100n,
    decrypt: CRYPTDLL.base + 0x1300n,
  },
  {
    ...{ type: 23, name: 'rc4-hmac', block: 1, exported: 24, key: 16 },
    initialize: CRYPTDLL.base + 0x1140n,
    decrypt: 0x1_d000_0000n,
  },
] as const;

function cryptoTable(): Buffer {
  return Buffer.concat(
    CRYPTO_SYSTEMS.map(({ type, block, exported, key, initialize, decrypt }) => {
      const entry = Buffer.alloc(0x70);
      // Type, bytes of a block, type that may be exported, bytes of a key, of a header; checksum, attributes.
      [type, block, exported, key, 16, 16, 1].forEach((word, index) => {
        entry.writeUInt32LE(word, index * 4);
      });
      // Name, initialize, encrypt, decrypt, finish.
      const finish = CRYPTDLL.base + 0x1400n;
      [CRYPTDLL.base + 0x9000n, initialize, CRYPTDLL.base + 0x1200n, decrypt, finish].forEach((address, index) => {
        entry.writeBigUInt64LE(address, 32 + index * 8);
      });
      return entry;
    }),
  );
}

const area = (start: bigint, size: number, file: string): NtAreaTruth => ({
  start,
  pages: size / 4096,
  protection: 'PAGE_EXECUTE_WRITECOPY',
  kind: 'image',
  file: file.slice(2),
});
const thread = (tid: number): NtProcessTruth['threads'] => [
  { tid, created: LOADED, state: 'waiting', start: '0x7ff640001000' },
];

export const LSASS: NtProcessTruth = {
  pid: 640,
  ppid: 500,
  name: 'lsass.exe',
  image: 'C:\\Windows\\System32\\lsass.exe',
  commandLine: 'C:\\Windows\\system32\\lsass.exe',
  currentDirectory: 'C:\\Windows\\system32\\',
  session: 0,
  created: LOADED,
  threads: thread(644),
  dlls: [
    {
      path: 'C:\\Windows\\System32\\lsass.exe',
      base: IMAGE_BASE,
      size: 0x20000,
      loaded: LOADED,
      inside: { directories: { 1: importTable(0x4000, IMPORTS), 2: versionResource(0x6000, VERSION) } },
    },
    ntdll('NtOpenFile'),
    {
      path: 'C:\\Windows\\System32\\cryptdll.dll',
      base: CRYPTDLL.base,
      size: CRYPTDLL.size,
      loaded: LOADED,
      inside: { contents: [{ rva: CRYPTDLL.table, bytes: cryptoTable() }] },
    },
  ],
  areas: [
    area(IMAGE_BASE, 0x20000, 'C:\\Windows\\System32\\lsass.exe'),
    area(NTDLL_BASE, 0x1f0000, 'C:\\Windows\\System32\\ntdll.dll'),
    area(CRYPTDLL.base, CRYPTDLL.size, 'C:\\Windows\\System32\\cryptdll.dll'),
  ],
};

/** Made of one file, with another one mapped in its place; the first is marked for deletion. */
export const GHOST = {
  mapped: 'C:\\Windows\\System32\\svchost.exe',
  process: {
    pid: 3500,
    ppid: 2604,
    name: 'ghost.exe',
    image: 'C:\\Temp\\ghost.exe',
    commandLine: 'ghost.exe',
    currentDirectory: 'C:\\Temp\\',
    session: 1,
    created: '2024-03-05T09:55:00Z',
    threads: thread(3504),
    dlls: [{ path: 'C:\\Temp\\ghost.exe', base: IMAGE_BASE, size: 0x20000, loaded: '2024-03-05T09:55:00Z' }],
    areas: [area(IMAGE_BASE, 0x20000, 'C:\\Windows\\System32\\svchost.exe')],
  } satisfies NtProcessTruth,
} as const;
