/**
 * Says who is writing a snapshot, so that garbage collection does not take pages that the snapshot in the making
 * counts on. Pins of processes that have died are ignored and swept.
 */
import { randomUUID } from 'node:crypto';
import { isAlive, thisProcess } from './process-identity.js';
import { inTransaction, type StoreTables } from './store-database.js';

export type Pin = string;

/** Marks this process as writing `series`. */
export function pin(tables: StoreTables, folder: string, series: string): Pin {
  const key = randomUUID();
  const value = { ...thisProcess(), series };
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
    if (isAlive(value)) live.push(value);
    else tables.pins.removeSync(key);
  }
  return live;
}
