/** Plugins on synthetic guests in which each finds something: whole results, from what was written into the guest. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import mbrscan from '../../../src/analysis/common/mbrscan.js';
import mftscan from '../../../src/analysis/common/mftscan.js';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { loadAllPlugins } from '../../../src/analysis/registry.js';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import certificates from '../../../src/analysis/windows/certificates.js';
import cmdscan from '../../../src/analysis/windows/cmdscan.js';
import consoles from '../../../src/analysis/windows/consoles.js';
import disassemble from '../../../src/analysis/windows/disassemble.js';
import getcellroutine from '../../../src/analysis/windows/getcellroutine.js';
import getservicesids from '../../../src/analysis/windows/getservicesids.js';
import hollowprocesses from '../../../src/analysis/windows/hollowprocesses.js';
import iat from '../../../src/analysis/windows/iat.js';
import joblinks from '../../../src/analysis/windows/joblinks.js';
import processghosting from '../../../src/analysis/windows/processghosting.js';
import shimcachemem from '../../../src/analysis/windows/shimcachemem.js';
import skeletonKey from '../../../src/analysis/windows/skeleton-key.js';
import ssdt from '../../../src/analysis/windows/ssdt.js';
import svcdiff from '../../../src/analysis/windows/svcdiff.js';
import svcscan from '../../../src/analysis/windows/svcscan.js';
import unhooked from '../../../src/analysis/windows/unhooked-syscalls.js';
import verinfo from '../../../src/analysis/windows/verinfo.js';
import virtmap from '../../../src/analysis/windows/virtmap.js';
import type { Row } from '../../../src/core/columns.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { type CompleteNt, completeNt } from '../../synthetic/windows/complete-nt.js';
import { CONSOLE } from '../../synthetic/windows/nt-console.js';
import { FILE_RECORD, PARTITION } from '../../synthetic/windows/nt-disk-records.js';
import { CERTIFICATE, HIVES, THUMBPRINT } from '../../synthetic/windows/nt-hives.js';
import { JOB } from '../../synthetic/windows/nt-jobs.js';
import {
  CALL_CODE,
  CRYPTDLL,
  CRYPTO_SYSTEMS,
  GHOST,
  HOOKED_CODE,
  IMPORTS,
  VERSION,
} from '../../synthetic/windows/nt-programs.js';
import { CELL_READER } from '../../synthetic/windows/nt-registry.js';
import { SERVICES, UNKNOWN_SERVICE } from '../../synthetic/windows/nt-services.js';
import { SHIM_CACHE } from '../../synthetic/windows/nt-shim-cache.js';
import { CODE, SYSTEM_CALLS } from '../../synthetic/windows/nt-system-calls.js';
import { NT_BUILDS } from '../../synthetic/windows/synthesize-nt.js';
import { wholeRows } from '../test-kernels.js';

/** Options of plugins that have to be told what to look at. */
const NEEDED: Readonly<Record<string, object>> = { disassemble: { address: 'KeBugCheckEx' }, pedump: { kernel: true } };
/** The owner of Windows' own files ("NT SERVICE\\TrustedInstaller", [MS-DTYP] and Microsoft's list of well-known SIDs). */
const TRUSTED_INSTALLER = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
const unixNs = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

describe.each(NT_BUILDS)('a complete guest of Windows %s', (version) => {
  let nt: CompleteNt;
  let image: Image;
  beforeAll(() => {
    nt = completeNt(version);
    image = new Image(version, new BufferMemory(nt.bytes), { cache: false });
  });
  afterAll(() => image.close());
  const rows = (plugin: unknown, options = {}) => wholeRows<Row>(image, plugin, options);
  const notes = async (plugin: unknown) => {
    const said: string[] = [];
    const io = { ...SILENT_IO, note: (text: string) => said.push(text) };
    for await (const { row } of runPlugin(plugin as Plugin, image, {}, io)) said.push(String(row));
    return said;
  };

  it('remembers the programs that were started', async () => {
    expect(await rows(shimcachemem)).toEqual(
      SHIM_CACHE.map(({ path, modified, executed }, order) => ({
        order,
        path,
        executed,
        modified: unixNs(modified),
        updated: undefined,
        size: undefined,
        offset: nt.written.shimCache[order],
      })),
    );
  });

  it('says what its address space is used for, where the build keeps it or had it laid out once for all', async () => {
    const found = await rows(virtmap);
    if (version.startsWith('6.3')) {
      expect(found).toEqual([]);
      expect(await notes(virtmap)).toEqual([expect.stringContaining('symbol')]);
      return;
    }
    if (version.startsWith('6.1')) {
      // Windows Internals: page tables, the loader's mappings, the non-paged pool.
      const mapped = new Map(found.map(({ region, start, told }) => [region, { start, told }]));
      const told = 'by its version';
      expect(mapped.get('PageTables')).toEqual({ start: 0xffff_f680_0000_0000n, told });
      expect(mapped.get('BootLoaded')).toEqual({ start: 0xffff_f800_0000_0000n, told });
      expect(mapped.get('PfnDatabaseAndNonPagedPool')).toEqual({ start: 0xffff_fa80_0000_0000n, told });
      return;
    }
    expect(found).toEqual(
      nt.written.regions.map(({ name, start, size }) => ({
        region: name,
        start,
        end: start + size,
        size: Number(size),
        mapped: name === 'PageTables' ? undefined : mappedBytes(start, start + size),
        told: 'by the kernel',
      })),
    );
  });
  const mappedBytes = (start: bigint, end: bigint) =>
    [...nt.guest.memory.kernel.frames.keys()].filter((page) => page << 12n >= start && page << 12n < end).length * 4096;

  it('shows its console, and commands that were taken off it', async () => {
    if (!nt.written.hasConsole) {
      for (const plugin of [consoles, cmdscan]) expect(await notes(plugin)).toEqual([expect.stringContaining('1809')]);
      return;
    }
    const [history] = CONSOLE.histories;
    const commands = history!.commands.map((text, number) => ['command', 'cmd.exe', number, text]);
    const hasAliases = ['20348', '22000'].some((build) => version.includes(build));
    expect((await rows(consoles)).map(({ what, program, number, text }) => [what, program, number, text])).toEqual([
      ['title', undefined, undefined, CONSOLE.title],
      ['original title', undefined, undefined, CONSOLE.originalTitle],
      ...CONSOLE.clients.map(({ pid }) => ['process', undefined, pid, undefined]),
      ...commands,
      ...(hasAliases ? [['alias', 'cmd.exe', undefined, 'ls=dir /b $*']] : []),
      ...CONSOLE.screen.map((line, number) => ['screen', undefined, number, line]),
    ]);
    const facts = ['pid', 'application', 'applicationPid', 'index', 'command', 'stale', 'maximum'];
    expect((await rows(cmdscan)).map((row) => facts.map((name) => row[name]))).toEqual(
      CONSOLE.histories.flatMap(({ application, client, commands: typed, stale }): unknown[][] => {
        const owner = [CONSOLE.pid, application, client];
        const all = [...typed, ...stale];
        if (all.length === 0) return [[...owner, undefined, undefined, undefined, 50]];
        return all.map((text, index) => [...owner, index, text, index >= typed.length, 50]);
      }),
    );
  });

  it('has its services, by the controller and by the registry', async () => {
    const TYPES: Record<number, string> = { 1: 'KERNEL_DRIVER', 16: 'WIN32_OWN_PROCESS', 32: 'WIN32_SHARE_PROCESS' };
    const STARTS = ['BOOT', 'SYSTEM', 'AUTO', 'DEMAND', 'DISABLED'];
    const truth = SERVICES.map(({ registered, binary, pid, type, state, start, ...named }, index) => ({
      ...named,
      state: state === 4 ? 'RUNNING' : 'STOPPED',
      start: STARTS[start],
      type: TYPES[type],
      pid,
      binary,
      registered: registered?.imagePath,
      library: registered?.library,
      offset: nt.written.services[index],
    }));
    // The header leads to the last one, each record to the one before.
    expect(await rows(svcscan)).toEqual(truth.reverse());
    const { name, imagePath } = UNKNOWN_SERVICE;
    expect(await rows(svcdiff)).toEqual([
      expect.objectContaining({
        name,
        imagePath,
        controller: false,
        registry: true,
        difference: 'not known to the controller',
      }),
      expect.objectContaining({ name: 'rkSvc', controller: true, registry: false, difference: 'not in the registry' }),
    ]);
    expect((await rows(getservicesids)).map(({ service }) => service)).toEqual(['Disk', 'Themes', name]);
    expect((await rows(getservicesids))[2]?.sid).toBe(TRUSTED_INSTALLER);
  });

  it('has what programs import, say of themselves, and hide', async () => {
    const imported = IMPORTS.flatMap(({ library, functions }) => functions.map((one) => ({ library, ...one })));
    expect(
      (await rows(iat)).map(
        ({ pid, image: program, library, function: name, ordinal, target, module, suspicious }) => ({
          ...{ pid, program, library, name, ordinal, target, module, suspicious },
        }),
      ),
    ).toEqual(
      imported.map(({ library, address, ...named }) => ({
        ...{ pid: 640, program: 'lsass.exe', library, target: address },
        name: 'name' in named ? named.name : undefined,
        ordinal: 'ordinal' in named ? named.ordinal : undefined,
        module: library === 'ntdll.dll' ? library : undefined,
        suspicious: library !== 'ntdll.dll',
      })),
    );
    const versions = (await rows(verinfo)).filter(({ fileVersion }) => fileVersion !== undefined);
    expect(versions).toEqual([
      {
        ...{ pid: 640, process: 'lsass.exe', base: 0x7ff6_4000_0000n, name: 'lsass.exe' },
        ...{ fileVersion: VERSION.file.join('.'), productVersion: VERSION.file.join('.') },
        company: VERSION.strings.CompanyName,
        description: VERSION.strings.FileDescription,
        originalName: VERSION.strings.OriginalFilename,
        path: 'C:\\Windows\\System32\\lsass.exe',
      },
    ]);
    const program = '\\Device\\HarddiskVolume1\\Temp\\ghost.exe';
    expect(await rows(hollowprocesses)).toEqual([
      {
        ...{ pid: 3500, process: 'ghost.exe', base: 0x7ff6_4000_0000n, program, listed: 'ghost.exe' },
        mapped: `\\Device\\HarddiskVolume1${GHOST.mapped.slice(2)}`,
        reasons: ['another file is mapped'],
      },
    ]);
    expect(await rows(processghosting)).toEqual([
      {
        ...{ pid: 3500, process: 'ghost.exe', path: program, reasons: ['marked for deletion'] },
        ...{ deletePending: true, deleteAccess: false, writeAccess: false },
        file: nt.guest.file('\\Temp\\ghost.exe'),
      },
    ]);
    expect(await rows(unhooked)).toEqual([
      {
        ...{ function: 'NtOpenFile', pid: 640, process: 'lsass.exe', code: HOOKED_CODE, usual: CALL_CODE.NtOpenFile },
        copies: 3,
      },
    ]);
    expect(await rows(skeletonKey)).toEqual(
      CRYPTO_SYSTEMS.map(({ type, name, initialize, decrypt }, index) => ({
        ...{ pid: 640, encryptionType: type, name, initialize, decrypt },
        module: index === 0 ? 'cryptdll.dll' : undefined,
        suspicious: index === 1,
        offset: CRYPTDLL.base + BigInt(CRYPTDLL.table + index * 0x70),
      })),
    );
  });

  it('has its system calls, code, cell routines and jobs', async () => {
    expect((await rows(ssdt)).map(({ table, index, address, module }) => ({ table, index, address, module }))).toEqual(
      SYSTEM_CALLS.map((place, index) => ({
        table: 0,
        index,
        address: nt.guest.resolve(place),
        module: place.slice(0, place.indexOf('+')),
      })),
    );
    const code = await rows(disassemble, { address: CODE.symbol, count: CODE.texts.length });
    expect(code.map(({ bytes }) => bytes).join('')).toBe(CODE.bytes);
    expect(code.map(({ text }) => String(text).replace(/ +/g, ' '))).toEqual(CODE.texts);
    expect(
      (await rows(getcellroutine)).map(({ hive, address, module, suspicious }) => ({
        hive,
        address,
        module,
        suspicious,
      })),
    ).toEqual(
      HIVES.map(({ mount, reader }) => ({
        hive: mount,
        address: nt.guest.resolve(reader ?? CELL_READER),
        module: reader === undefined ? 'ntoskrnl.exe' : 'disk.sys',
        suspicious: reader !== undefined,
      })),
    );
    expect(await rows(joblinks)).toEqual(
      JOB.pids.map((pid) => ({
        ...{
          job: JOB.path,
          session: JOB.session,
          active: JOB.pids.length,
          total: JOB.total,
          terminated: JOB.terminated,
        },
        ...{ pid, process: nt.truth.processes.find((each) => each.pid === pid)?.name, offset: nt.written.job },
      })),
    );
  });

  it('has a certificate, a boot record and a file record', async () => {
    expect(await rows(certificates)).toEqual([
      expect.objectContaining({
        ...{ store: 'Root', name: CERTIFICATE.friendlyName, subject: CERTIFICATE.subject, issuer: CERTIFICATE.subject },
        ...{ thumbprint: THUMBPRINT, matches: true, hive: '\\REGISTRY\\USER\\S-1-5-21-1111-2222-3333-1001' },
      }),
    ]);
    const { disk, first, sectors } = PARTITION;
    expect(await rows(mbrscan)).toEqual([
      {
        ...{
          physical: nt.written.disk.sector,
          disk,
          partition: 1,
          active: true,
          type: 'NTFS or exFAT',
          first,
          sectors,
        },
        bootCode: createHash('sha256').update(Buffer.alloc(440, PARTITION.code)).digest('hex'),
      },
    ]);
    const { name, created, modified, contents, number } = FILE_RECORD;
    expect(await rows(mftscan)).toEqual([
      expect.objectContaining({
        ...{ path: `\\${name}`, kind: 'file', inUse: true, size: contents.length, record: number },
        ...{ created: unixNs(created), modified: unixNs(modified), physical: nt.written.disk.record },
      }),
    ]);
  });

  it('has an answer to every plugin, whole', async () => {
    const silent: string[] = [];
    for (const plugin of await loadAllPlugins(['windows'])) {
      if ((await rows(plugin, NEEDED[plugin.name] ?? {})).length === 0) silent.push(plugin.name);
    }
    const unknown = [
      ...(nt.written.hasConsole ? [] : ['cmdscan', 'consoles']),
      ...(nt.guest.types.buildNumber === 9600 ? ['virtmap'] : []),
    ];
    expect(silent).toEqual(unknown);
  });
});
