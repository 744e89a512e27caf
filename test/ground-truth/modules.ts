/**
 * /proc/modules, and lsmod, which is a digest of it.
 */
import { matchLine } from './match-line.js';

export interface ModuleRow {
  readonly name: string;
  /** In bytes, of all the module's sections that are kept. */
  readonly size: number;
  readonly referenceCount: number;
  /** Names of the modules that use it, as printed (the latest user first). */
  readonly usedBy: readonly string[];
}

export interface LoadedModule extends ModuleRow {
  /** Live, Loading or Unloading. */
  readonly state: string;
  /** Where its core (text) begins. */
  readonly address: bigint;
  /** Taint letters without parentheses (`OE`); empty when it taints nothing. */
  readonly taints: string;
}

function splitUsers(list: string): string[] {
  return list.split(',').filter((name) => name !== '' && name !== '-');
}

export function parseModules(lines: readonly string[]): LoadedModule[] {
  const shape =
    /^(?<name>\S+) (?<size>\d+) (?<count>\d+|-) (?<users>\S+) (?<state>\w+) (?<address>0x[0-9a-f]+)(?: \((?<taints>\w+)\))?$/;
  return lines.map((line) => {
    const row = matchLine(line, shape, 'name', 'size', 'count', 'users', 'state', 'address', 'taints');
    return {
      name: row.name,
      size: Number(row.size),
      referenceCount: row.count === '-' ? 0 : Number(row.count),
      usedBy: splitUsers(row.users),
      state: row.state,
      address: BigInt(row.address),
      taints: row.taints,
    };
  });
}

/** lsmod's rows, heading line first. */
export function parseLsmod(lines: readonly string[]): ModuleRow[] {
  const shape = /^(?<name>\S+) +(?<size>\d+) +(?<count>\d+) ?(?<users>\S*) *$/;
  return lines.slice(1).map((line) => {
    const row = matchLine(line, shape, 'name', 'size', 'count', 'users');
    return {
      name: row.name,
      size: Number(row.size),
      referenceCount: Number(row.count),
      usedBy: splitUsers(row.users),
    };
  });
}
