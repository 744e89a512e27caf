/** Registry hives mapped in a synthetic NT guest: _CMHIVE, base block, the tables that lead to the cells, the list. */
import { buildHive, type HiveKeyTruth } from '../../formats/builders/hive.js';
import type { NtGuest } from './nt-guest.js';

export interface HiveTruth {
  /** `\REGISTRY\MACHINE\SYSTEM` */
  readonly mount: string;
  readonly path: string;
  readonly root: HiveKeyTruth;
  /** Routine by which cells are read; the kernel's where not said. */
  readonly reader?: string;
}

/** The kernel's own. */
export const CELL_READER = 'ntoskrnl.exe+0x1500';

const PAGE = 4096;
const TABLE_ENTRIES = 512;

/** Writes hives and links them. Needs CmpHiveListHead. */
export function writeHives(guest: NtGuest, hives: readonly HiveTruth[]): bigint[] {
  const views = hives.map((hive) => writeHive(guest, hive));
  const links = views.map((view) => guest.memory.at(view, '_CMHIVE', 'HiveList'));
  guest.memory.ring([guest.symbol('CmpHiveListHead'), ...links]);
  return views;
}

function writeHive(guest: NtGuest, { mount, path, root, reader = CELL_READER }: HiveTruth): bigint {
  const { memory, pool, types } = guest;
  const { bytes, rootCell } = buildHive(root);
  const bin = pool.allocate('CM31', Math.max(bytes.length, PAGE), true);
  memory.write(bin, bytes);
  const base = pool.allocate('CM25', PAGE, true);
  memory.write(base, Buffer.from('regf', 'latin1'));
  memory.set(base, '_HBASE_BLOCK', { RootCell: rootCell });
  const view = pool.allocate('CM10', types.size('_CMHIVE'), true);
  memory.set(view, '_CMHIVE', { 'Hive.Signature': 0xbee0_bee0, 'Hive.BaseBlock': base });
  memory.setKnown(view, '_CMHIVE', { 'Hive.GetCellRoutine': guest.resolve(reader) });
  const entry = types.size('_HMAP_ENTRY');
  const table = pool.allocate('CM26', TABLE_ENTRIES * entry, true);
  for (let block = 0; block < bytes.length / PAGE; block++) {
    const at = table + BigInt(block * entry);
    const address = bin + BigInt(block * PAGE);
    memory.setKnown(at, '_HMAP_ENTRY', { BlockAddress: address, BinAddress: bin | 1n });
    memory.setKnown(at, '_HMAP_ENTRY', { PermanentBinAddress: bin | 1n, BlockOffset: block * PAGE });
  }
  const directory = pool.allocate('CM27', types.size('_HMAP_DIRECTORY'), true);
  memory.pointer(directory, table);
  const storage = memory.at(view, '_CMHIVE', 'Hive.Storage');
  memory.set(storage, '_DUAL', { Length: bytes.length, Map: directory });
  guest.setUnicode(view, '_CMHIVE', 'FileFullPath', path);
  guest.setUnicode(view, '_CMHIVE', 'HiveRootPath', mount);
  return view;
}
