/** Plugins of NT on synthetic amd64 guests of several builds: what ReactOS has not, or has only in one way. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Plugin } from '../../../src/analysis/plugin.js';
import { loadAllPlugins } from '../../../src/analysis/registry.js';
import { runPlugin, SILENT_IO } from '../../../src/analysis/run-plugin.js';
import amcache from '../../../src/analysis/windows/amcache.js';
import bigpools from '../../../src/analysis/windows/bigpools.js';
import cachedump from '../../../src/analysis/windows/cachedump.js';
import callbacks from '../../../src/analysis/windows/callbacks.js';
import drivermodule from '../../../src/analysis/windows/drivermodule.js';
import dumpfiles from '../../../src/analysis/windows/dumpfiles.js';
import hashdump from '../../../src/analysis/windows/hashdump.js';
import hivelist from '../../../src/analysis/windows/hivelist.js';
import hivescan from '../../../src/analysis/windows/hivescan.js';
import kpcrs from '../../../src/analysis/windows/kpcrs.js';
import lsadump from '../../../src/analysis/windows/lsadump.js';
import malfind from '../../../src/analysis/windows/malfind.js';
import modscan from '../../../src/analysis/windows/modscan.js';
import netstat from '../../../src/analysis/windows/netstat.js';
import orphans from '../../../src/analysis/windows/orphan-kernel-threads.js';
import printkey from '../../../src/analysis/windows/printkey.js';
import psxview from '../../../src/analysis/windows/psxview.js';
import suspiciousThreads from '../../../src/analysis/windows/suspicious-threads.js';
import timers from '../../../src/analysis/windows/timers.js';
import unloadedmodules from '../../../src/analysis/windows/unloadedmodules.js';
import userassist from '../../../src/analysis/windows/userassist.js';
import type { Row } from '../../../src/core/columns.js';
import { BufferMemory } from '../../synthetic/buffer-memory.js';
import { CACHED_FILE, writeCachedFile } from '../../synthetic/windows/nt-cached-file.js';
import { CREDENTIALS } from '../../synthetic/windows/nt-credentials.js';
import { HIVES, LONG, USED } from '../../synthetic/windows/nt-hives.js';
import { KERNEL_DATA, writeKernelData } from '../../synthetic/windows/nt-kernel-data.js';
import { ENDPOINTS, writeEndpoints } from '../../synthetic/windows/nt-network.js';
import { writeHives } from '../../synthetic/windows/nt-registry.js';
import { type SyntheticNt, synthesizeNt } from '../../synthetic/windows/synthesize-nt.js';
import { wholeRows } from '../test-kernels.js';

const BUILDS = [
  '6.1.7601.24540',
  '6.3.9600.20237',
  '10.0.14393.4583',
  '10.0.17763.2114',
  '10.0.19041.804',
  '10.0.22000.739',
];

const unixNs = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

describe.each(BUILDS)('plugins on a guest of Windows %s', (version) => {
  let nt: SyntheticNt;
  let image: Image;
  let hives: bigint[];
  let cachedFile: bigint;
  beforeAll(() => {
    nt = synthesizeNt(version, {
      extend: (guest, processes) => {
        hives = writeHives(guest, HIVES);
        writeKernelData(guest, KERNEL_DATA);
        writeEndpoints(guest, processes, ENDPOINTS);
        cachedFile = writeCachedFile(guest);
      },
    });
    image = new Image(version, new BufferMemory(nt.bytes), { cache: false });
  });
  afterAll(() => image.close());
  const rows = (plugin: unknown, options = {}) => wholeRows<Row>(image, plugin, options);

  it('all end with rows or with a line for people', async () => {
    for (const plugin of (await loadAllPlugins()).filter(({ scope }) => scope === 'windows')) {
      const isAsked = plugin.needsOneOf !== undefined || Object.values(plugin.options).some(({ required }) => required);
      if (isAsked) continue;
      for await (const { partial } of runPlugin(plugin as Plugin, image, {}, SILENT_IO))
        expect(partial, plugin.name).toBe(false);
    }
  });

  it('find the hives, listed and scanned', async () => {
    expect((await rows(hivelist)).map(({ key, path, offset }) => ({ key, path, offset }))).toEqual(
      HIVES.map(({ mount, path }, index) => ({ key: mount, path, offset: hives[index] })),
    );
    expect((await rows(hivescan)).map(({ found }) => String(found))).toEqual(HIVES.map(() => 'list,scan'));
    const select = await rows(printkey, { key: '\\REGISTRY\\MACHINE\\SYSTEM\\Select' });
    expect(select.map(({ name, type, data, size }) => ({ name, type, data: String(data).slice(0, 4), size }))).toEqual([
      { name: undefined, type: 'Key', data: 'unde', size: undefined },
      { name: 'Current', type: 'REG_DWORD', data: '1', size: 4 },
      { name: 'Long', type: 'REG_BINARY', data: '5a5a', size: LONG.length },
    ]);
    expect(select.at(-1)?.data).toBe(LONG.toString('hex'));
  });

  it('read what hives hold: credentials, programs used, inventory', async () => {
    expect((await rows(hashdump)).map(({ user, rid, ntHash }) => ({ user, rid, ntHash }))).toEqual(
      CREDENTIALS.accounts.map(({ name, rid, ntHash }) => ({ user: name, rid, ntHash })),
    );
    const secrets = (await rows(lsadump)).filter(({ name }) => name !== 'NL$KM');
    expect(Object.fromEntries(secrets.map(({ name, text }) => [name, text]))).toEqual(CREDENTIALS.secrets);
    expect(await rows(cachedump)).toEqual([
      expect.objectContaining({ user: 'bob', hash: CREDENTIALS.cached[0]?.hash }),
    ]);
    const lastUsed = (USED - 116_444_736_000_000_000n) * 100n;
    expect(await rows(userassist)).toEqual([
      expect.objectContaining({
        name: '%System%\\cmd.exe',
        count: 17,
        focusCount: 23,
        focusTime: 61_000_000_000n,
        lastUsed,
      }),
    ]);
    expect(await rows(amcache)).toEqual([
      expect.objectContaining({
        path: 'c:\\temp\\rk.exe',
        sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
        lastWritten: lastUsed,
      }),
    ]);
  });

  it('find callbacks, timers and what was unloaded', async () => {
    const found = (await rows(callbacks)).map(({ kind, routine, detail }) => ({ kind, routine, detail }));
    const kinds: Record<string, string> = {
      PspCreateProcessNotifyRoutine: 'process start and end',
      PspCreateThreadNotifyRoutine: 'thread start and end',
      PspLoadImageNotifyRoutine: 'image load',
    };
    const expected = Object.entries(KERNEL_DATA.notify).flatMap(([variable, routines]) =>
      routines.map((routine) => ({ kind: kinds[variable], routine: nt.guest.resolve(routine), detail: undefined })),
    );
    const [registry] = KERNEL_DATA.registry;
    expect(found).toEqual([
      ...expected,
      { kind: 'registry', routine: nt.guest.resolve(registry!.routine), detail: registry!.altitude },
    ]);
    expect((await rows(callbacks)).filter(({ suspicious }) => suspicious)).toHaveLength(1);
    const running = (await rows(timers)).map(({ due, period, routine }) => ({ due, period, routine }));
    const timerTruth = KERNEL_DATA.timers.map(({ due, period, routine }) => ({
      due: due * 100n,
      period: period === 0 ? undefined : BigInt(period) * 1_000_000n,
      routine: nt.guest.resolve(routine),
    }));
    const byDue = (a: { due?: unknown }, b: { due?: unknown }) =>
      Number(BigInt(a.due as bigint) - BigInt(b.due as bigint));
    expect(running.sort(byDue)).toEqual(timerTruth.sort(byDue));
    expect(await rows(unloadedmodules)).toEqual(
      KERNEL_DATA.unloaded.map(({ name, start, size, time }) =>
        expect.objectContaining({ name, start, end: start + size, time: unixNs(time) }),
      ),
    );
    const [kept, freed] = KERNEL_DATA.big;
    const pools = await rows(bigpools);
    expect(pools.map(({ address, tag, size, free }) => ({ address, tag, size, free }))).toEqual([
      { address: kept!.address, tag: kept!.tag, size: kept!.size, free: false },
    ]);
    expect((await rows(bigpools, { free: true })).map(({ address }) => address)).toEqual([
      kept!.address,
      freed!.address,
    ]);
  });

  it('find what hides', async () => {
    expect((await rows(psxview)).filter(({ suspicious }) => suspicious).map(({ name }) => name)).toEqual(['rk.exe']);
    expect((await rows(modscan)).filter(({ found }) => String(found) === 'pool').map(({ name }) => name)).toEqual([
      'rk.sys',
    ]);
    expect((await rows(drivermodule)).filter(({ suspicious }) => suspicious).map(({ name }) => name)).toEqual([
      '\\Driver\\rk',
    ]);
    expect((await rows(orphans)).map(({ tid, startAddress }) => ({ tid, startAddress }))).toEqual([
      { tid: 16, startAddress: nt.guest.resolve('rk.sys+0x1200') },
    ]);
    expect((await rows(suspiciousThreads)).map(({ tid }) => tid)).toEqual([2700]);
    const injected = (await rows(malfind)).filter(({ start }) => start === 0x1_c000_0000n);
    expect(injected).toEqual([
      expect.objectContaining({
        pid: 2604,
        reasons: ['executable without a file', 'writable and executable', 'begins with an image header'],
      }),
    ]);
  });

  it('recover a file from its section and from the cache', async () => {
    const written = new Map<string, Buffer>();
    const extract = (name: string | readonly string[], parts: Iterable<{ offset: number; bytes: Uint8Array }>) => {
      const file = Buffer.alloc(3 * 4096);
      let end = 0;
      for (const { offset, bytes } of parts) {
        file.set(bytes, offset);
        end = Math.max(end, offset + bytes.length);
      }
      written.set(String(name), file.subarray(0, end));
      return String(name);
    };
    const found: Row[] = [];
    for await (const { row } of runPlugin(dumpfiles as never, image, {}, { ...SILENT_IO, extract })) found.push(row);
    const facts = { size: CACHED_FILE.size, offset: cachedFile };
    expect(found).toEqual([
      expect.objectContaining({ ...facts, cache: 'data', present: 8192 }),
      expect.objectContaining({ ...facts, cache: 'cache', present: CACHED_FILE.size }),
    ]);
    for (const { file, present } of found) {
      const bytes = written.get(String(file))!;
      expect(bytes).toHaveLength(Number(present));
      expect(bytes.subarray(0, 12).toString()).toBe(CACHED_FILE.pages[0]);
      expect(bytes.subarray(4096, 4109).toString()).toBe(CACHED_FILE.pages[1]);
    }
  });

  it('list connections and listeners', async () => {
    const states: Record<number, string> = { 2: 'SYN_SENT', 4: 'ESTABLISHED' };
    const sockets = await rows(netstat);
    const facts = [
      'pid',
      'protocol',
      'localAddress',
      'localPort',
      'remoteAddress',
      'remotePort',
      'state',
      'createTime',
    ];
    expect(sockets.map((row) => Object.fromEntries(facts.map((name) => [name, row[name]])))).toEqual(
      ENDPOINTS.map(({ tag, pid, local, localPort, remote, remotePort, state, created }) => ({
        pid,
        protocol: `${tag === 'UdpA' ? 'udp' : 'tcp'}${local.includes(':') ? '6' : ''}`,
        localAddress: local || '0.0.0.0',
        localPort,
        remoteAddress: remote,
        remotePort,
        state: state === undefined ? (tag === 'TcpL' ? 'LISTEN' : undefined) : states[state],
        createTime: unixNs(created),
      })),
    );
  });

  it('list the processors with their threads', async () => {
    const processors = await rows(kpcrs);
    expect(processors.map(({ number, pid, tid, idle }) => ({ number, pid, tid, idle }))).toEqual([
      { number: 0, pid: 4, tid: 12, idle: false },
      { number: 1, pid: 4, tid: 8, idle: true },
    ]);
  });
});
