/** What is compared with Volatility on the ReactOS image, and which differences there are, each with its reason. */
import { PAGE_SIZE } from '../../../src/core/address.js';
import type { Row } from '../../../src/core/columns.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import type { Comparison, Fact } from './comparison.js';
import type { VolatilityRow } from './volatility.js';

/** Volatility shows whole seconds. */
const seconds = (nanoseconds: unknown) =>
  typeof nanoseconds === 'bigint' ? new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19) : null;
const toSecond = (time: unknown) => (typeof time === 'string' ? time.slice(0, 19) : null);
const lastPart = (path: unknown) => String(path ?? '').slice(String(path ?? '').lastIndexOf('\\') + 1);
const physical = (kernel: WindowsKernel, address: unknown) => {
  const translation = kernel.space.translate(address as bigint);
  return translation.kind === 'mapped' ? translation.physical : null;
};

/** Numbers as numbers, whatever their width. */
function fact(values: Readonly<Record<string, unknown>>): Fact {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      (typeof value === 'bigint' ? Number(value) : value) as Fact[string],
    ]),
  );
}

/** The columns of ours and theirs that mean the same, as `ours: theirs`, compared as they are. */
function columns(pairs: Readonly<Record<string, string>>): Pick<Comparison, 'ours' | 'theirs'> {
  const names = Object.keys(pairs);
  return {
    ours: (row) => fact(Object.fromEntries(names.map((name) => [name, row[name] ?? null]))),
    theirs: (row) => fact(Object.fromEntries(names.map((name) => [name, row[pairs[name] as string] ?? null]))),
  };
}

const PROCESS = { pid: 'PID', ppid: 'PPID', name: 'ImageFileName', threads: 'Threads' };

/** As Volatility words them. */
function handleName(row: Row): string {
  const name = String(row.name ?? '');
  if (row.type === 'Key') return name.replace(/^\\REGISTRY\\?/, '');
  if (row.type === 'Process') return name.replace(/ \((\d+)\)$/, ' Pid $1');
  if (row.type === 'Thread') return name.replace(/^tid (\d+) of (\d+)$/, 'Tid $1 Pid $2');
  return lastPart(name);
}

const theirHandleName = ({ Type: type, Name: name }: VolatilityRow) =>
  ['Key', 'Process', 'Thread'].includes(String(type)) ? String(name ?? '') : lastPart(name);

/** Where the kernel's half of a 32-bit address space begins. */
const KERNEL = 0x8000_0000;

function pages(start: number, first: number, size: number) {
  return Array.from({ length: size / PAGE_SIZE }, (_, index) => ({
    page: start + index * PAGE_SIZE,
    physical: first + index * PAGE_SIZE,
  }));
}

const version = (row: VolatilityRow) =>
  row.Major === null ? null : [row.Major, row.Minor, row.Product, row.Build].join('.');

export const NT_COMPARISONS: readonly Comparison[] = [
  {
    name: 'pslist',
    peer: ['windows.pslist.PsList'],
    ours: ({ pid, ppid, name, threads, handles, session, createTime, offset }) =>
      fact({ pid, ppid, name, threads, handles, session, create: seconds(createTime), offset }),
    theirs: (row) =>
      fact({
        pid: row.PID,
        ppid: row.PPID,
        name: row.ImageFileName,
        threads: row.Threads,
        handles: row.Handles,
        session: row.SessionId,
        create: toSecond(row.CreateTime),
        offset: row['Offset(V)'],
      }),
  },
  {
    name: 'psscan',
    peer: ['windows.psscan.PsScan'],
    ours: (row, kernel) =>
      fact({ pid: row.pid, name: row.name, threads: row.threads, offset: physical(kernel, row.offset) }),
    theirs: (row) => fact({ pid: row.PID, name: row.ImageFileName, threads: row.Threads, offset: row['Offset(V)'] }),
  },
  { name: 'pstree', peer: ['windows.pstree.PsTree'], ...columns({ ...PROCESS, session: 'SessionId' }) },
  {
    name: 'psxview',
    peer: ['windows.psxview.PsXView'],
    ours: ({ pid, name, list, csrss }) => fact({ pid, name, list, csrss }),
    theirs: ({ PID, Name, pslist, csrss }) => fact({ pid: PID, name: Name, list: pslist, csrss }),
    explained: [
      {
        side: 'theirs',
        count: 16,
        why: 'each process twice: scans give physical addresses of 32-bit images, which are never those of the list',
        matches: ({ list, csrss }) => list === false && csrss === false,
      },
    ],
  },
  {
    name: 'modules',
    peer: ['windows.modules.Modules'],
    ...columns({ name: 'Name', base: 'Base', size: 'Size', path: 'Path', offset: 'Offset' }),
  },
  {
    name: 'dlllist',
    peer: ['windows.dlllist.DllList'],
    ...columns({ pid: 'PID', name: 'Name', base: 'Base', size: 'Size', path: 'Path' }),
  },
  {
    name: 'threads',
    peer: ['windows.threads.Threads'],
    ...columns({ pid: 'PID', tid: 'TID', startAddress: 'StartAddress', offset: 'Offset' }),
    explained: (['ours', 'theirs'] as const).map((side) => ({
      side,
      count: 3,
      why:
        side === 'ours'
          ? 'no start address: the number of a message stands in its place, and the thread says so'
          : 'numbers of messages as start addresses (3, 20, 2465)',
      matches: ({ startAddress }) => startAddress === null || Number(startAddress) < 0x1_0000,
    })),
  },
  {
    name: 'thrdscan',
    peer: ['windows.thrdscan.ThrdScan'],
    ...columns({ pid: 'PID', tid: 'TID', startAddress: 'StartAddress' }),
    explained: [
      {
        side: 'ours',
        count: 94,
        why: 'threads of programs: their creation times are read as 5.1 writes them, an eighth of 5.2, and held for forged',
        matches: ({ pid }) => pid !== 4,
      },
    ],
  },
  {
    name: 'handles',
    peer: ['windows.handles.Handles'],
    ours: (row) =>
      fact({
        pid: row.pid,
        handle: row.handle,
        type: row.type,
        access: row.access,
        name: handleName(row),
        offset: row.offset,
      }),
    theirs: (row) =>
      fact({
        pid: row.PID,
        handle: row.HandleValue,
        type: row.Type,
        access: row.GrantedAccess,
        name: theirHandleName(row),
        offset: row.Offset,
      }),
  },
  {
    name: 'envars',
    peer: ['windows.envars.Envars'],
    ...columns({ pid: 'PID', name: 'Variable', value: 'Value' }),
    explained: [
      {
        side: 'ours',
        count: 11,
        why: 'the last ones: only as many bytes are read as the structure with the parameters is long',
        matches: ({ pid }) => [628, 748, 1040, 1052].includes(Number(pid)),
      },
    ],
  },
  {
    name: 'cmdline',
    peer: ['windows.cmdline.CmdLine'],
    ...columns({ pid: 'PID', args: 'Args' }),
    explained: [
      { side: 'ours', count: 1, why: 'System has no command line: no value', matches: ({ pid }) => pid === 4 },
      {
        side: 'theirs',
        count: 1,
        why: 'System has no command line: an error as its text',
        matches: ({ pid }) => pid === 4,
      },
    ],
  },
  {
    name: 'privileges',
    peer: ['windows.privileges.Privs'],
    ours: ({ pid, value, name, enabled, enabledByDefault }) => fact({ pid, value, name, enabled, enabledByDefault }),
    theirs: (row) => {
      const attributes = String(row.Attributes).split(',');
      return fact({
        pid: row.PID,
        value: row.Value,
        name: row.Privilege,
        enabled: attributes.includes('Enabled'),
        enabledByDefault: attributes.includes('Default'),
      });
    },
  },
  { name: 'getsids', peer: ['windows.getsids.GetSIDs'], ...columns({ pid: 'PID', sid: 'SID' }) },
  {
    name: 'sessions',
    peer: ['windows.sessions.Sessions'],
    ours: ({ pid, session, process, createTime }) => fact({ pid, session, process, create: seconds(createTime) }),
    theirs: (row) =>
      fact({
        pid: row['Process ID'],
        session: row['Session ID'],
        process: row.Process,
        create: toSecond(row['Create Time']),
      }),
    explained: [
      {
        side: 'theirs',
        count: 2,
        why: 'System and smss are in no session: no rows here',
        matches: ({ session }) => session === null,
      },
    ],
  },
  {
    name: 'filescan',
    peer: ['windows.filescan.FileScan'],
    ours: ({ name, offset }, kernel) => fact({ name: lastPart(name), offset: physical(kernel, offset) }),
    theirs: ({ Name, Offset }) => fact({ name: lastPart(Name), offset: Offset }),
    explained: [
      {
        side: 'ours',
        count: 23,
        why: 'open devices: a file object without a path of its own is passed over',
        matches: ({ name }) =>
          /^(Partition1|ScsiPort[01]|[0-9a-f]{8}|(Keyboard|Pointer)Class0|Video0)$/.test(`${name}`),
      },
    ],
  },
  {
    name: 'mutantscan',
    peer: ['windows.mutantscan.MutantScan'],
    ours: ({ name, offset }, kernel) => fact({ name: lastPart(name), offset: physical(kernel, offset) }),
    theirs: ({ Name, Offset }) => fact({ name: Name ?? '', offset: Offset }),
  },
  {
    name: 'symlinkscan',
    peer: ['windows.symlinkscan.SymlinkScan'],
    ours: (row, kernel) =>
      fact({
        name: lastPart(row.name),
        target: row.target,
        create: seconds(row.createTime),
        offset: physical(kernel, row.offset),
      }),
    theirs: (row) =>
      fact({ name: row['From Name'], target: row['To Name'], create: toSecond(row.CreateTime), offset: row.Offset }),
  },
  {
    name: 'ssdt',
    peer: ['windows.ssdt.SSDT'],
    // Volatility knows the kernel's own table alone.
    ours: ({ table, index, address }) => (table === 0 ? fact({ index, address }) : []),
    theirs: ({ Index, Address }) => fact({ index: Index, address: Address }),
  },
  {
    name: 'hivelist',
    peer: ['windows.registry.hivelist.HiveList'],
    ours: ({ path, offset }) => fact({ path: path ?? '', offset }),
    theirs: ({ FileFullPath, Offset }) => fact({ path: FileFullPath, offset: Offset }),
  },
  {
    name: 'iat',
    peer: ['windows.iat.IAT'],
    ...columns({ pid: 'PID', image: 'Name', library: 'Library', function: 'Function' }),
  },
  {
    name: 'verinfo',
    peer: ['windows.verinfo.VerInfo'],
    ours: ({ pid, base, name, productVersion }) => fact({ pid, base, name, version: productVersion }),
    theirs: (row) => fact({ pid: row.PID, base: row.Base, name: row.Name, version: version(row) }),
    explained: (['ours', 'theirs'] as const).map((side) => ({
      side,
      count: 51,
      why:
        side === 'ours'
          ? 'versions of drivers'
          : 'drivers without a version: the layers to look in are used up by the first module',
      matches: ({ pid }) => pid === null || pid === undefined,
    })),
  },
  {
    name: 'memmap',
    peer: ['windows.memmap.Memmap', '--pid', '1052'],
    options: { pid: [1052] },
    ours: ({ start, physical: first, size }) => pages(Number(start), Number(first), Number(size)),
    // The kernel's half, too, in each process.
    theirs: (row) =>
      pages(Number(row.Virtual), Number(row.Physical), Number(row.Size)).filter(({ page }) => page < KERNEL),
  },
];
