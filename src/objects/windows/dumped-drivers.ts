/** Whose an address is, by the drivers that a crash dump lists. */
import { hex } from '../../core/address.js';
import type { DumpedDriver } from '../../memory/windows-dump.js';

/** The file's name without its folders and ending: `ntoskrnl`. */
export function driverName({ path }: DumpedDriver): string {
  const file = path.slice(path.lastIndexOf('\\') + 1);
  return file.replace(/\.[^.]*$/, '');
}

/** `ntoskrnl+0x3f5a80`; undefined outside of every driver. */
export function inDriver(drivers: readonly DumpedDriver[], address: bigint): string | undefined {
  const driver = drivers.find(({ base, size }) => address >= base && address < base + BigInt(size));
  return driver && `${driverName(driver)}+${hex(address - driver.base)}`;
}
