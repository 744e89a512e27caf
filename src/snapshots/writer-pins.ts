/**
 * Says who is writing a snapshot, so that garbage collection does not take pages that the snapshot in the making
 * counts on. Pins of processes that have died are ignored and swept.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inTransaction, type StoreTables } from './store-database.js';

export type Pin = string;

/** Marks this process as writing `series`. */
export function pin(tables: StoreTables, folder: string, series: string): Pin {
  const key = randomUUID();
  const value = { pid: process.pid, started: processStart(process.pid) ?? '', series };
  inTransaction(tables, folder, false, () => tables.pins.putSync(key, value));
  return key;
}

/** Takes the mark away. To be called inside a transaction. */
export function unpin(tables: StoreTables, key: Pin): void {
  tables.pins.removeSync(key);
}

/** The pins of living processes; the others are removed. To be called inside a transaction. */
export function livePins(tables: StoreTables): { readonly pid: number; readonly series: string }[] {
  const live: { pid: number; series: string }[] = [];
  for (const { key, value } of [...tables.pins.getRange({})]) {
    if (isAlive(value.pid, value.started)) live.push(value);
    else tables.pins.removeSync(key);
  }
  return live;
}

function isAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process and it is somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = processStart(pid);
  return now === undefined || started === '' || now === started;
}

/** When process `pid` started, in clock ticks since boot: tells a reused pid. Undefined where /proc does not say. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22 of proc_pid_stat(5), counted behind the parenthesised name.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
