/** The guest that tests look at: System, two services, a desktop program, one that hides, one that has exited. */
import type { HandleTruth, NtAreaTruth, NtProcessTruth, NtTruth, TokenTruth } from './nt-truth.js';

const ENVIRONMENT = ['=C:=C:\\Windows', 'ComSpec=C:\\Windows\\system32\\cmd.exe', 'OS=Windows_NT', 'TEMP=C:\\Temp'];
const NTDLL = { path: 'C:\\Windows\\System32\\ntdll.dll', base: 0x7ff8_1000_0000n, size: 0x1f0000 };
const KERNEL32 = { path: 'C:\\Windows\\System32\\kernel32.dll', base: 0x7ff8_0e00_0000n, size: 0xb0000 };
const IMAGE_BASE = 0x7ff6_4000_0000n;

const LOCAL_SYSTEM: TokenTruth = {
  user: 'S-1-5-18',
  groups: ['S-1-5-32-544', 'S-1-1-0', 'S-1-5-11', 'S-1-16-16384'],
  privileges: [4, 5, 7, 8, 17, 20, 21, 23, 29, 30],
  enabled: [7, 20, 23, 30],
};
const USER: TokenTruth = {
  user: 'S-1-5-21-1111-2222-3333-1001',
  groups: ['S-1-5-21-1111-2222-3333-513', 'S-1-1-0', 'S-1-5-32-545', 'S-1-5-4', 'S-1-16-8192'],
  privileges: [19, 23, 25, 33, 34],
  enabled: [23],
};

/** What every program has: the image, ntdll and kernel32, and areas for them. */
function program(image: string, created: string): Pick<NtProcessTruth, 'image' | 'dlls' | 'environment'> {
  return {
    image,
    environment: ENVIRONMENT,
    dlls: [
      { path: image, base: IMAGE_BASE, size: 0x20000, loaded: created },
      { ...NTDLL, loaded: created },
      { ...KERNEL32, loaded: created },
    ],
  };
}

function images(image: string): NtAreaTruth[] {
  const area = (file: string, start: bigint, size: number): NtAreaTruth => ({
    start,
    pages: size / 4096,
    protection: 'PAGE_EXECUTE_WRITECOPY',
    kind: 'image',
    file: file.slice(2),
  });
  return [
    area(image, IMAGE_BASE, 0x20000),
    area(NTDLL.path, NTDLL.base, NTDLL.size),
    area(KERNEL32.path, KERNEL32.base, KERNEL32.size),
  ];
}

/** Events without names. The first entry of each page of a table is the table's own: no handle is a multiple of 1024. */
const events = (from: number, count: number): HandleTruth[] =>
  Array.from({ length: count }, (_, index) => from + index * 4)
    .filter((handle) => handle % 1024 !== 0)
    .map((handle) => ({ handle, type: 'Event', access: 0x1f0003 }));

export const NT_SAMPLE: NtTruth = {
  processors: 2,
  time: '2024-03-05T10:20:30.1234567Z',
  systemRoot: 'C:\\Windows',
  modules: [
    { name: 'ntoskrnl.exe', path: '\\SystemRoot\\system32\\ntoskrnl.exe', size: 0 },
    { name: 'hal.dll', path: '\\SystemRoot\\system32\\hal.dll', size: 0x6000 },
    {
      name: 'disk.sys',
      path: '\\SystemRoot\\System32\\drivers\\disk.sys',
      size: 0x1c000,
      driver: 'Disk',
      devices: ['DR0'],
    },
    {
      name: 'Null.SYS',
      path: '\\SystemRoot\\System32\\Drivers\\Null.SYS',
      size: 0xa000,
      driver: 'Null',
      devices: ['Null'],
    },
    {
      name: 'tcpip.sys',
      path: '\\SystemRoot\\System32\\drivers\\tcpip.sys',
      size: 0x2e0000,
      driver: 'Tcpip',
      devices: ['Tcp'],
    },
    { name: 'rk.sys', path: '\\??\\C:\\Temp\\rk.sys', size: 0x8000, driver: 'rk', devices: ['rk0'], hidden: true },
  ],
  objects: [
    { path: '\\Device\\HarddiskVolume1', type: 'Directory' },
    { path: '\\GLOBAL??\\C:', type: 'SymbolicLink', target: '\\Device\\HarddiskVolume1' },
    { path: '\\BaseNamedObjects\\SampleMutex', type: 'Mutant' },
    { path: '\\BaseNamedObjects\\SampleEvent', type: 'Event' },
    { path: '\\BaseNamedObjects\\SampleSemaphore', type: 'Semaphore' },
    { path: '\\KnownDlls\\ntdll.dll', type: 'Section' },
  ],
  processes: [
    {
      pid: 4,
      ppid: 0,
      name: 'System',
      created: '2024-03-05T08:00:00Z',
      token: LOCAL_SYSTEM,
      threads: [
        { tid: 8, created: '2024-03-05T08:00:00Z', state: 'waiting', start: 'ntoskrnl.exe+0x1f00' },
        { tid: 12, created: '2024-03-05T08:00:01Z', state: 'running', start: 'tcpip.sys+0x4000' },
        { tid: 16, created: '2024-03-05T08:00:02Z', state: 'waiting', start: 'rk.sys+0x1200' },
      ],
      handles: [
        { handle: 4, type: 'Process', name: '4', access: 0x1fffff },
        { handle: 8, type: 'Key', name: '\\REGISTRY\\MACHINE\\SYSTEM', access: 0xf003f },
        { handle: 12, type: 'File', name: '\\Windows\\System32\\config\\SYSTEM', access: 0x3 },
      ],
    },
    {
      ...program('C:\\Windows\\System32\\services.exe', '2024-03-05T08:00:10Z'),
      pid: 600,
      ppid: 500,
      name: 'services.exe',
      commandLine: 'C:\\Windows\\system32\\services.exe',
      currentDirectory: 'C:\\Windows\\system32\\',
      session: 0,
      created: '2024-03-05T08:00:10Z',
      token: LOCAL_SYSTEM,
      threads: [
        {
          tid: 604,
          created: '2024-03-05T08:00:10Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x7ff640001000',
        },
        {
          tid: 608,
          created: '2024-03-05T08:00:11Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x7ff640002000',
        },
      ],
      areas: images('C:\\Windows\\System32\\services.exe'),
      // Two levels: more handles than there are in one page.
      handles: [
        { handle: 4, type: 'Directory', name: '\\KnownDlls', access: 3 },
        { handle: 8, type: 'Key', name: '\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services', access: 0x20019 },
        { handle: 12, type: 'Process', name: '712', access: 0x1fffff },
        { handle: 16, type: 'Token', access: 8 },
        ...events(20, 300),
      ],
    },
    {
      ...program('C:\\Windows\\System32\\svchost.exe', '2024-03-05T08:00:12Z'),
      pid: 712,
      ppid: 600,
      name: 'svchost.exe',
      commandLine: 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
      currentDirectory: 'C:\\Windows\\system32\\',
      session: 0,
      created: '2024-03-05T08:00:12Z',
      token: LOCAL_SYSTEM,
      threads: [
        {
          tid: 716,
          created: '2024-03-05T08:00:12Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x7ff640003000',
        },
      ],
      areas: images('C:\\Windows\\System32\\svchost.exe'),
      handles: [
        { handle: 4, type: 'Event', name: '\\BaseNamedObjects\\SampleEvent', access: 0x1f0003 },
        { handle: 8, type: 'Mutant', name: '\\BaseNamedObjects\\SampleMutex', access: 0x1f0001 },
        { handle: 0x24004, type: 'Semaphore', name: '\\BaseNamedObjects\\SampleSemaphore', access: 0x1f0003 },
      ],
      handleLevels: 3,
    },
    {
      ...program('C:\\Windows\\notepad.exe', '2024-03-05T09:30:00Z'),
      pid: 2604,
      ppid: 2000,
      name: 'notepad.exe',
      commandLine: '"C:\\Windows\\notepad.exe" C:\\Users\\ann\\secret plan.txt',
      currentDirectory: 'C:\\Users\\ann\\',
      session: 1,
      created: '2024-03-05T09:30:00Z',
      token: USER,
      threads: [
        {
          tid: 2608,
          created: '2024-03-05T09:30:00Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x7ff640001400',
        },
        {
          tid: 2700,
          created: '2024-03-05T09:31:00Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x1c0000020',
        },
      ],
      areas: [
        ...images('C:\\Windows\\notepad.exe'),
        { start: 0x1_0000_0000n, pages: 16, protection: 'PAGE_READWRITE', kind: 'private', contents: 'meet at noon' },
        {
          start: 0x1_8000_0000n,
          pages: 3,
          protection: 'PAGE_READONLY',
          kind: 'mapped',
          file: '\\Windows\\Fonts\\segoeui.ttf',
        },
        {
          start: 0x1_c000_0000n,
          pages: 2,
          protection: 'PAGE_EXECUTE_READWRITE',
          kind: 'private',
          contents: 'MZ\x90 injected',
        },
      ],
      handles: [
        { handle: 4, type: 'File', name: '\\Users\\ann\\secret plan.txt', access: 0x120089 },
        { handle: 8, type: 'Key', name: '\\REGISTRY\\USER\\S-1-5-21-1111-2222-3333-1001', access: 0xf003f },
        { handle: 12, type: 'Section', access: 0x4 },
        { handle: 16, type: 'Thread', name: '2608', access: 0x1fffff },
      ],
    },
    {
      ...program('C:\\Temp\\rk.exe', '2024-03-05T09:40:00Z'),
      pid: 3120,
      ppid: 2604,
      name: 'rk.exe',
      commandLine: 'rk.exe /install',
      currentDirectory: 'C:\\Temp\\',
      session: 1,
      created: '2024-03-05T09:40:00Z',
      unlinked: true,
      token: USER,
      threads: [
        {
          tid: 3124,
          created: '2024-03-05T09:40:00Z',
          state: 'waiting',
          start: '0x7ff810050000',
          win32Start: '0x7ff640001800',
        },
      ],
      areas: images('C:\\Temp\\rk.exe'),
      handles: [{ handle: 4, type: 'Process', name: '600', access: 0x1fffff }],
    },
    {
      pid: 3300,
      ppid: 600,
      name: 'gone.exe',
      session: 1,
      created: '2024-03-05T09:00:00Z',
      exited: '2024-03-05T09:05:00Z',
      token: USER,
      threads: [],
    },
  ],
};
