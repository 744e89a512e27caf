/**
 * Drivers and devices as the I/O manager knows them: which routine answers which request, which device stands on which.
 * Source: _DRIVER_OBJECT and _DEVICE_OBJECT, public in wdm.h.
 */
import { chain } from '../chain.js';
import { StructView } from '../struct-view.js';
import type { WindowsKernel } from './kernel.js';
import { objectHeader, objectPath } from './object-header.js';
import { scanObjects } from './pool-scan.js';
import { unicodeString } from './unicode-string.js';

export interface FoundDriver {
  /** The _DRIVER_OBJECT. */
  readonly view: StructView;
  /** `\Driver\AFD`. */
  readonly name: string | undefined;
}

/** All driver objects in memory. Found by their pool blocks: the folders that name them can be left. */
export function* driverObjects(kernel: WindowsKernel, progress?: (address: bigint) => void): Generator<FoundDriver> {
  for (const { header, body } of scanObjects(kernel, ['Driver'], progress)) {
    const view = kernel.struct('_DRIVER_OBJECT', body);
    yield { view, name: unicodeString(view, 'DriverName') || objectPath(kernel, header) };
  }
}

/** The devices of a driver, the newest first. */
export function* devicesOf(driver: StructView): Generator<StructView> {
  yield* linkedDevices(driver.follow('DeviceObject'), 'NextDevice');
}

/** The devices that stand on `device`, each on the one before. */
export function* devicesAbove(device: StructView): Generator<StructView> {
  yield* linkedDevices(device.follow('AttachedDevice'), 'AttachedDevice');
}

function* linkedDevices(first: StructView | undefined, link: string): Generator<StructView> {
  if (first === undefined) return;
  const { context, type } = first;
  const at = (address: bigint) => new StructView(context, type, address);
  const next = (address: bigint) => at(address).ptr(link);
  for (const address of chain(context, first.address, next, (node) => node === 0n)) yield at(address);
}

/** Name of a device; undefined for those without. */
export function deviceName(kernel: WindowsKernel, device: StructView): string | undefined {
  return objectPath(kernel, objectHeader(kernel, device.address));
}

/** IRP_MJ_…, by number (wdm.h). */
export const MAJOR_FUNCTIONS = [
  'CREATE',
  'CREATE_NAMED_PIPE',
  'CLOSE',
  'READ',
  'WRITE',
  'QUERY_INFORMATION',
  'SET_INFORMATION',
  'QUERY_EA',
  'SET_EA',
  'FLUSH_BUFFERS',
  'QUERY_VOLUME_INFORMATION',
  'SET_VOLUME_INFORMATION',
  'DIRECTORY_CONTROL',
  'FILE_SYSTEM_CONTROL',
  'DEVICE_CONTROL',
  'INTERNAL_DEVICE_CONTROL',
  'SHUTDOWN',
  'LOCK_CONTROL',
  'CLEANUP',
  'CREATE_MAILSLOT',
  'QUERY_SECURITY',
  'SET_SECURITY',
  'POWER',
  'SYSTEM_CONTROL',
  'DEVICE_CHANGE',
  'QUERY_QUOTA',
  'SET_QUOTA',
  'PNP',
] as const;
