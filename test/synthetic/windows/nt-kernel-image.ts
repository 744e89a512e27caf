/** The kernel and its drivers as images in a synthetic NT guest: headers, exports, loader records, driver objects. */
import { KERNEL_BASE, MODULES_BASE, type NtGuest } from './nt-guest.js';
import type { ModuleTruth } from './nt-truth.js';
import { type PeSectionTruth, type PeTruth, peParts } from './pe-writer.js';

const PAGE = 4096;
/** Linker's time stamp of all images. */
const TIMESTAMP = 0x5e6f_7a8b;
/** Gaps between drivers. */
const GRAIN = 0x1_0000;

/** Names that NT exports, as far as profiles know where they are. */
const EXPORTED =
  /^(?:NtBuildNumber|Ps(?:InitialSystemProcess|LoadedModuleList|ProcessType|ThreadType|JobType)|Ke(?:NumberProcessors|BugCheckEx|TickCount|ServiceDescriptorTable)|ExAllocatePoolWithTag|(?:Io|Ex|Mm|Se|Cm|Lpc|Alpc)[A-Z]\w*ObjectType|SeTokenObjectType|Mm(?:HighestUserAddress|SystemRangeStart|GetPhysicalAddress)|HalDispatchTable|HalPrivateDispatchTable)$/;

/** Writes the kernel's image. Returns its size. @param identity what its debug record says: `ntkrnlmp.pdb/GUID-age` */
export function writeKernelImage(guest: NtGuest, identity: string): number {
  const rvas = [...guest.types.rvas()];
  const last = Math.max(...rvas.map(([, rva]) => rva));
  const tables = (Math.ceil(last / PAGE) + 16) * PAGE;
  const size = tables + 4 * PAGE;
  const exports = rvas.filter(([name]) => EXPORTED.test(name)).map(([name, rva]) => ({ name, rva }));
  const [name = '', guid = '', age = ''] = identity.split(/[/-]/);
  writeImage(
    guest,
    {
      name: 'ntoskrnl.exe',
      base: KERNEL_BASE,
      size,
      timestamp: TIMESTAMP,
      isDll: false,
      sections: sections(2 * PAGE, tables),
      exports,
      pdb: { name, guid, age: Number(age) },
    },
    tables,
  );
  return size;
}

/** Code up to `data`, from there to `end` what is written to. */
function sections(data: number, end: number): PeSectionTruth[] {
  return [
    { name: '.text', rva: PAGE, size: data - PAGE, flags: 0x6800_0020 },
    { name: '.data', rva: data, size: end - data, flags: 0xc800_0040 },
  ];
}

/** Writes the images of drivers, the list of loaded modules, and the drivers' objects. */
export function writeModules(guest: NtGuest, modules: readonly ModuleTruth[], kernelSize: number): void {
  let next = MODULES_BASE;
  const records: bigint[] = [];
  for (const module of modules) {
    const isKernel = module.name === 'ntoskrnl.exe';
    const base = isKernel ? KERNEL_BASE : next;
    const size = isKernel ? kernelSize : module.size;
    if (!isKernel) {
      next += BigInt(Math.ceil(size / GRAIN) * GRAIN + GRAIN);
      guest.modules.set(module.name, base);
      const image = { name: module.name, base, size, timestamp: TIMESTAMP + records.length };
      writeImage(
        guest,
        module.dataAt === undefined ? image : { ...image, sections: sections(module.dataAt, size - 4 * PAGE) },
      );
    }
    const record = loaderRecord(guest, module, base, size);
    if (module.hidden !== true) records.push(record);
    if (module.driver !== undefined) driverObject(guest, module, base, size, record);
  }
  guest.memory.ring([guest.symbol('PsLoadedModuleList'), ...records]);
}

function writeImage(guest: NtGuest, truth: PeTruth, tables?: number): void {
  for (const { rva, bytes } of peParts(truth, tables)) guest.memory.write(truth.base + BigInt(rva), bytes);
}

/** The record's list entry is its first member. */
function loaderRecord(guest: NtGuest, module: ModuleTruth, base: bigint, size: number): bigint {
  const { memory, pool, types } = guest;
  const record = pool.allocate('MmLd', types.size('_LDR_DATA_TABLE_ENTRY'));
  memory.set(record, '_LDR_DATA_TABLE_ENTRY', {
    DllBase: base,
    EntryPoint: base + 0x1000n,
    SizeOfImage: size,
    Flags: 0x4900_4000,
  });
  guest.setUnicode(record, '_LDR_DATA_TABLE_ENTRY', 'FullDllName', module.path);
  guest.setUnicode(record, '_LDR_DATA_TABLE_ENTRY', 'BaseDllName', module.name);
  return record;
}

const MAJOR_FUNCTIONS = 28;

function driverObject(guest: NtGuest, module: ModuleTruth, base: bigint, size: number, record: bigint): void {
  const { memory, objects, types } = guest;
  const driver = objects.make('Driver', {
    path: `\\Driver\\${module.driver}`,
    extra: types.size('_DRIVER_EXTENSION'),
    values: {
      Type: 4,
      Size: types.size('_DRIVER_OBJECT'),
      DriverStart: base,
      DriverSize: size,
      DriverSection: record,
      DriverInit: base + 0x1000n,
      DriverUnload: base + 0x1100n,
    },
  });
  const extension = driver + BigInt(types.size('_DRIVER_OBJECT'));
  memory.set(driver, '_DRIVER_OBJECT', { DriverExtension: extension });
  memory.set(extension, '_DRIVER_EXTENSION', { DriverObject: driver });
  guest.setUnicode(extension, '_DRIVER_EXTENSION', 'ServiceKeyName', module.driver ?? '');
  guest.setUnicode(driver, '_DRIVER_OBJECT', 'DriverName', `\\Driver\\${module.driver}`);
  for (let index = 0; index < MAJOR_FUNCTIONS; index++) {
    memory.pointer(memory.at(driver, '_DRIVER_OBJECT', `MajorFunction[${index}]`), base + BigInt(0x2000 + index * 16));
  }
  let previous: bigint | undefined;
  for (const name of module.devices ?? []) {
    const device = objects.make('Device', {
      path: `\\Device\\${name}`,
      values: { Type: 3, Size: types.size('_DEVICE_OBJECT'), DriverObject: driver, DeviceType: 0x22 },
    });
    if (previous === undefined) memory.set(driver, '_DRIVER_OBJECT', { DeviceObject: device });
    else memory.set(previous, '_DEVICE_OBJECT', { NextDevice: device });
    previous = device;
  }
}
