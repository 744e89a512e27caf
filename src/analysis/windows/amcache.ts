/** `amcache`: programs, files and drivers that Windows 8 and later have made an inventory of. */
import { column } from '../../core/columns.js';
import type { RegistryKey } from '../../formats/regf/registry-key.js';
import { valueText } from '../../formats/regf/value-types.js';
import { loadedHives } from '../../objects/windows/registry/registry.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin } from '../plugin.js';

/**
 * The inventories: where they are, and which of their values are what. Names of values until 10.0.14393 are numbers.
 * Source: B. Singh and U. Singh, "A forensic insight into Windows 10 Amcache" (2016); ANSSI, "Amcache analysis" (2019).
 */
interface Inventory {
  readonly kind: string;
  readonly path: string;
  /** Keys are two levels deep: volume, file. */
  readonly nested?: true;
  readonly values: {
    readonly path?: string;
    readonly name?: string;
    readonly company?: string;
    readonly sha1?: string;
    readonly version?: string;
    readonly size?: string;
  };
}

const INVENTORIES: readonly Inventory[] = [
  {
    kind: 'file',
    path: 'Root\\InventoryApplicationFile',
    values: {
      path: 'LowerCaseLongPath',
      name: 'Name',
      company: 'Publisher',
      sha1: 'FileId',
      version: 'Version',
      size: 'Size',
    },
  },
  {
    kind: 'program',
    path: 'Root\\InventoryApplication',
    values: { path: 'RootDirPath', name: 'Name', company: 'Publisher', version: 'Version' },
  },
  {
    kind: 'driver',
    path: 'Root\\InventoryDriverBinary',
    values: {
      name: 'DriverName',
      company: 'DriverCompany',
      sha1: 'DriverId',
      version: 'DriverVersion',
      size: 'ImageSize',
    },
  },
  {
    kind: 'file',
    path: 'Root\\File',
    nested: true,
    values: { path: '15', name: '0', company: '1', sha1: '101', version: '5', size: '6' },
  },
  { kind: 'program', path: 'Root\\Programs', values: { name: '0', company: '2', version: '1' } },
];

/** SHA-1s are written with four zeroes before them. */
const SHA1_PREFIX = /^0000(?=[0-9a-f]{40}$)/i;

export default definePlugin({
  name: 'amcache',
  scope: 'windows',
  summary: 'List the programs, files and drivers of the application inventory',
  description: 'From Amcache.hve, as far as its hive is loaded and in memory. Windows 8 and later have it.',
  aliases: ['windows.amcache.Amcache'],
  examples: ['windows amcache -f memory.raw'],
  columns: {
    kind: column.text('file, program or driver'),
    lastWritten: column.time('When its key was written last'),
    path: column.text('Where it is; of drivers in the name of the key'),
    name: column.text('Name'),
    company: column.text('Publisher'),
    version: column.text('Version'),
    size: column.text('Bytes, as noted'),
    sha1: column.text('SHA-1 of the first 31 MB'),
    key: column.text('Name of the key', { quiet: true }),
  },
  timeline: { events: { lastWritten: 'inventory entry written' }, describe: (row) => `${row.path ?? row.name}` },
  *rows(kernel) {
    for (const { hive } of loadedHives(kernel)) {
      if (!hive.path?.toLowerCase().endsWith('\\amcache.hve')) continue;
      for (const inventory of INVENTORIES) {
        const top = hive.root?.below(inventory.path);
        for (const key of inventory.nested ? grandchildren(top) : (top?.subkeys() ?? [])) {
          yield {
            kind: inventory.kind,
            lastWritten: unixTime(key.lastWritten),
            key: key.name,
            ...facts(key, inventory),
          };
        }
      }
    }
  },
});

function* grandchildren(key: RegistryKey | undefined): Generator<RegistryKey> {
  for (const child of key?.subkeys() ?? []) yield* child.subkeys();
}

function facts(key: RegistryKey, { kind, values }: Inventory) {
  const byName = new Map([...key.values()].map((value) => [value.name.toLowerCase(), value]));
  const text = (name: string | undefined) => {
    const value = name === undefined ? undefined : byName.get(name.toLowerCase());
    const data = value?.data;
    return value && data && valueText(value.type, data);
  };
  return {
    path: kind === 'driver' ? key.name : text(values.path),
    name: text(values.name),
    company: text(values.company),
    version: text(values.version),
    size: text(values.size),
    sha1: text(values.sha1)?.replace(SHA1_PREFIX, ''),
  };
}
