/**
 * Lays out the memory of a synthetic NT guest on amd64 from a description (`nt-truth.ts`): page tables, the start block of
 * further processors, processors, debugger data, kernel and drivers, objects, processes. With the structures of a real
 * build; everything is written by code that shares nothing with src, so that it can tell whether src reads it.
 */
import { writeDebuggerData } from './nt-debugger-data.js';
import { KERNEL_BASE, NtGuest, ntTime, SHARED_DATA } from './nt-guest.js';
import { writeKernelImage, writeModules } from './nt-kernel-image.js';
import { NtProcesses } from './nt-processes.js';
import { NT_SAMPLE } from './nt-sample.js';
import type { NtTruth } from './nt-truth.js';

export interface NtOptions {
  readonly truth?: NtTruth;
  /** The debugger's data not encoded, as with a debugger attached; else as the build keeps it. */
  readonly plainDebuggerData?: boolean;
  /** Another program database in the kernel's debug record than that of the build: `ntkrnlmp.pdb/GUID-age`. */
  readonly identity?: string;
  /** Another build number than that of the build: 19045 is a 19041. */
  readonly buildNumber?: number;
  /** Without the start block in low memory. */
  readonly noLowStub?: boolean;
  /** Puts more into the guest before it is complete. */
  readonly extend?: (guest: NtGuest, processes: NtProcesses) => void;
}

export interface SyntheticNt {
  /** Physical memory from address 0. */
  readonly bytes: Buffer;
  readonly truth: NtTruth;
  readonly guest: NtGuest;
  readonly processes: NtProcesses;
  /** CR3 of the System process. */
  readonly dtb: number;
}

/** Builds that are covered, one a release; any other with a program database in profiles-data works, too. */
export const NT_BUILDS = [
  '6.1.7601.24540',
  '6.3.9600.20237',
  '10.0.14393.4583',
  '10.0.17763.2114',
  '10.0.18362.476',
  '10.0.19041.804',
  '10.0.20348.707',
  '10.0.22000.739',
] as const;

/** @param version one of `NT_BUILDS` */
export function synthesizeNt(version: string, options: NtOptions = {}): SyntheticNt {
  const truth = options.truth ?? NT_SAMPLE;
  const guest = new NtGuest(version);
  const { objects, memory } = guest;
  writeModules(guest, truth.modules, writeKernelImage(guest, options.identity ?? guest.types.identity));
  for (const { path, type, target } of truth.objects) {
    const body = objects.find(path) ?? objects.make(type, { path });
    if (target !== undefined) guest.setUnicode(body, '_OBJECT_SYMBOLIC_LINK', 'LinkTarget', target);
  }
  const buildNumber = options.buildNumber ?? guest.types.buildNumber;
  writeVariables(guest, truth, buildNumber);
  const processes = new NtProcesses(guest, truth);
  writeProcessors(guest, processes, truth);
  writeDebuggerData(guest, options.plainDebuggerData === true);
  writeSharedData(guest, truth, buildNumber);
  options.extend?.(guest, processes);
  const dtb = memory.kernel.tables.root;
  if (options.noLowStub !== true) writeLowStub(guest, dtb);
  return { bytes: memory.bytes, truth, guest, processes, dtb };
}

/** MmProtectToValue: page protections (winnt.h) by the index that VADs hold. */
const PROTECT_TO_VALUE = [
  0x01, 0x02, 0x10, 0x20, 0x04, 0x08, 0x40, 0x80, 0x01, 0x202, 0x210, 0x220, 0x204, 0x208, 0x240, 0x280, 0x01, 0x102,
  0x110, 0x120, 0x104, 0x108, 0x140, 0x180, 0x01, 0x402, 0x410, 0x420, 0x404, 0x408, 0x440, 0x480,
];
const FREE_BUILD = 0xf000_0000;

function writeVariables(guest: NtGuest, truth: NtTruth, buildNumber: number): void {
  const { memory, types } = guest;
  guest.setVariable('NtBuildNumber', 4, FREE_BUILD + buildNumber);
  guest.setVariable('KeNumberProcessors', 4, truth.processors);
  guest.setVariable('MmHighestUserAddress', 8, 0x7fff_fffe_ffffn);
  guest.setVariable('MmSystemRangeStart', 8, 0xffff_8000_0000_0000n);
  guest.setVariable('KeTimeIncrement', 4, 156_250);
  if (types.rva('MmProtectToValue') !== undefined) {
    const table = Buffer.alloc(PROTECT_TO_VALUE.length * 4);
    PROTECT_TO_VALUE.forEach((value, index) => {
      table.writeUInt32LE(value, index * 4);
    });
    memory.write(guest.symbol('MmProtectToValue'), table);
  }
}

/** One KPCR with its KPRCB for each processor; the threads of System take turns on them. */
function writeProcessors(guest: NtGuest, { threads }: NtProcesses, { processors, processes }: NtTruth): void {
  const { memory, pool, types } = guest;
  const running = processes.flatMap((process) => process.threads).filter(({ state }) => state === 'running');
  const idle = threads.get(processes[0]?.threads[0]?.tid ?? 0) ?? 0n;
  for (let number = 0; number < processors; number++) {
    const pcr = pool.allocate('Kpcr', types.size('_KPCR'));
    const prcb = memory.at(pcr, '_KPCR', 'Prcb');
    memory.set(pcr, '_KPCR', { Self: pcr, CurrentPrcb: prcb, MajorVersion: 1, MinorVersion: 1 });
    memory.set(prcb, '_KPRCB', {
      Number: number,
      CurrentThread: threads.get(running[number]?.tid ?? 0) ?? idle,
      IdleThread: idle,
      'ProcessorState.SpecialRegisters.Cr3': memory.kernel.tables.root,
    });
    memory.pointer(guest.symbol('KiProcessorBlock') + BigInt(number * 8), prcb);
  }
}

/** KUSER_SHARED_DATA. */
function writeSharedData(guest: NtGuest, { time, systemRoot }: NtTruth, buildNumber: number): void {
  const { memory, types } = guest;
  const struct = '_KUSER_SHARED_DATA';
  const [major = 0, minor = 0] = types.version.split('.').map(Number);
  const now = ntTime(time);
  memory.set(SHARED_DATA, struct, {
    NtMajorVersion: major,
    NtMinorVersion: minor,
    NtProductType: 1,
    ProductTypeIsValid: 1,
    'SystemTime.LowPart': now & 0xffff_ffffn,
    'SystemTime.High1Time': now >> 32n,
    'SystemTime.High2Time': now >> 32n,
  });
  memory.setKnown(SHARED_DATA, struct, { NtBuildNumber: buildNumber });
  memory.write(memory.at(SHARED_DATA, struct, 'NtSystemRoot'), Buffer.from(`${systemRoot}\0`, 'utf16le'));
}

/** PROCESSOR_START_BLOCK, from which the HAL starts further processors: a jump, an address in the kernel, CR3. */
function writeLowStub({ memory }: NtGuest, dtb: number): void {
  const block = Buffer.alloc(0x100);
  block.writeBigUInt64LE(0x0000_0001_0006_00e9n, 0);
  block.writeBigUInt64LE(KERNEL_BASE + 0x4000n, 0x70);
  block.writeBigUInt64LE(BigInt(dtb), 0xa0);
  memory.writePhysical(0x1000, block);
}
