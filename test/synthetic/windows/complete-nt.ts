/**
 * The guest in which every plugin finds something: the sample with a console's host and a driver more, and all that the parts
 * beside this file can write.
 */
import { writeCachedFile } from './nt-cached-file.js';
import { CONSOLE, CONSOLE_HEAP, writeConsole } from './nt-console.js';
import { writeDiskRecords } from './nt-disk-records.js';
import { HIVES } from './nt-hives.js';
import { writeJob } from './nt-jobs.js';
import { KERNEL_DATA, writeKernelData } from './nt-kernel-data.js';
import { ENDPOINTS, writeEndpoints } from './nt-network.js';
import { GHOST, LSASS, NTDLL_BASE, ntdll } from './nt-programs.js';
import { type RegionTruth, writeRegions } from './nt-regions.js';
import { writeHives } from './nt-registry.js';
import { NT_SAMPLE } from './nt-sample.js';
import { SERVICES_HEAP, writeServices } from './nt-services.js';
import { writeShimCache } from './nt-shim-cache.js';
import { writeSystemCalls } from './nt-system-calls.js';
import type { NtAreaTruth, NtProcessTruth, NtTruth } from './nt-truth.js';
import { type SyntheticNt, synthesizeNt } from './synthesize-nt.js';

const CONHOST = 'C:\\Windows\\System32\\conhost.exe';
const HOST: NtProcessTruth = {
  pid: CONSOLE.pid,
  ppid: 2604,
  name: 'conhost.exe',
  image: CONHOST,
  commandLine: '\\??\\C:\\Windows\\system32\\conhost.exe 0x4',
  currentDirectory: 'C:\\Windows',
  environment: ['OS=Windows_NT'],
  session: 1,
  created: '2024-03-05T09:35:00Z',
  threads: [{ tid: 2904, created: '2024-03-05T09:35:00Z', state: 'waiting', start: '0x7ff650001000' }],
  dlls: [{ path: CONHOST, base: CONSOLE.base, size: 0x20000, loaded: '2024-03-05T09:35:00Z' }],
  areas: [
    { start: CONSOLE.base, pages: 0x20, protection: 'PAGE_EXECUTE_WRITECOPY', kind: 'image', file: CONHOST.slice(2) },
    { ...CONSOLE_HEAP, protection: 'PAGE_READWRITE', kind: 'private' },
  ],
  ...(NT_SAMPLE.processes[4]?.token && { token: NT_SAMPLE.processes[4].token }),
};

/** With system calls in its ntdll, and, as the controller of services, with memory for their records. */
function completed(process: NtProcessTruth): NtProcessTruth {
  const { dlls = [], areas = [] } = process;
  const heap: NtAreaTruth = { ...SERVICES_HEAP, protection: 'PAGE_READWRITE', kind: 'private' };
  return {
    ...process,
    dlls: dlls.map((dll) => (dll.base === NTDLL_BASE ? ntdll() : dll)),
    areas: process.name === 'services.exe' ? [...areas, heap] : areas,
  };
}

export const COMPLETE_NT: NtTruth = {
  ...NT_SAMPLE,
  modules: [
    ...NT_SAMPLE.modules,
    { name: 'ahcache.sys', path: '\\SystemRoot\\system32\\DRIVERS\\ahcache.sys', size: 0x10000, dataAt: 0x4000 },
  ],
  processes: [...NT_SAMPLE.processes.map(completed), HOST, LSASS, GHOST.process],
};

export interface CompleteNt extends SyntheticNt {
  readonly written: {
    /** Each _CMHIVE, in the order of `HIVES`. */
    readonly hives: readonly bigint[];
    readonly regions: readonly RegionTruth[];
    readonly shimCache: readonly bigint[];
    readonly hasConsole: boolean;
    /** The records of `SERVICES`. */
    readonly services: readonly bigint[];
    /** The _EJOB of `JOB`. */
    readonly job: bigint;
    readonly disk: ReturnType<typeof writeDiskRecords>;
    /** The _FILE_OBJECT of `CACHED_FILE`. */
    readonly cachedFile: bigint;
  };
}

/** @param version one of `NT_BUILDS` */
export function completeNt(version: string): CompleteNt {
  let written: CompleteNt['written'] | undefined;
  const nt = synthesizeNt(version, {
    truth: COMPLETE_NT,
    extend: (guest, processes) => {
      writeKernelData(guest, KERNEL_DATA);
      writeEndpoints(guest, processes, ENDPOINTS);
      writeSystemCalls(guest);
      guest.memory.set(guest.file('\\Temp\\ghost.exe'), '_FILE_OBJECT', { DeletePending: 1 });
      written = {
        hives: writeHives(guest, HIVES),
        services: writeServices(guest, processes),
        job: writeJob(guest, processes),
        disk: writeDiskRecords(guest),
        regions: writeRegions(guest),
        shimCache: writeShimCache(guest),
        hasConsole: writeConsole(guest, processes),
        cachedFile: writeCachedFile(guest),
      };
    },
  });
  return { ...nt, written: written as CompleteNt['written'] };
}
