/** `printkey`: keys and values of the registry, from the hives in memory. */
import { column } from '../../core/columns.js';
import { UserError } from '../../core/errors.js';
import { VOLATILE_CELL } from '../../formats/regf/layout.js';
import type { RegistryKey } from '../../formats/regf/registry-key.js';
import { valueText, valueTypeName } from '../../formats/regf/value-types.js';
import type { WindowsKernel } from '../../objects/windows/kernel.js';
import { keysBelow, linkTarget, loadedHives, registryKey } from '../../objects/windows/registry/registry.js';
import { unixTime } from '../../objects/windows/times.js';
import { definePlugin, option } from '../plugin.js';

export default definePlugin({
  name: 'printkey',
  scope: 'windows',
  summary: 'Show keys and values of the registry',
  description:
    'A key, its values and its subkeys; with --recurse everything below it. Paths are absolute (\\REGISTRY\\MACHINE\\…) or ' +
    'begin at the root of every hive. Without a path the root of each hive is shown. Names are compared without case; ' +
    'symbolic links (CurrentControlSet) are followed. Pages of a hive that are not in memory are left out and mark the row.',
  aliases: ['windows.registry.printkey.PrintKey', 'registry'],
  examples: [
    'windows printkey -f memory.raw --key "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services" --recurse',
    'windows printkey -f memory.raw --key Software\\Microsoft --hive NTUSER.DAT',
  ],
  options: {
    key: option.text('Path of the key'),
    hive: option.text('Only hives whose file or key has this in its name, or with this address'),
    recurse: option.boolean('Everything below the key'),
  },
  columns: {
    lastWritten: column.time('When the key was written last'),
    key: column.text('Path of the key'),
    type: column.text('Type of the value; Key for a key'),
    name: column.text('Name of the value; empty for the default value of the key'),
    data: column.text('Data: text, number, or bytes in hex'),
    size: column.size('Bytes of data', { quiet: true }),
    volatile: column.boolean('Kept in memory only'),
    className: column.text('Name of the class of the key', { quiet: true }),
    hive: column.address('Address of the _CMHIVE', { quiet: true }),
    cell: column.mask('Index of its cell in the hive', { quiet: true }),
  },
  timeline: {
    events: { lastWritten: 'registry key written' },
    describe: (row) => `${row.key}`,
  },
  *rows(kernel, options) {
    const starts = [...startingKeys(kernel, options.key, options.hive)];
    if (starts.length === 0 && options.key !== undefined) {
      throw new UserError(
        `no registry key ${options.key} was found in memory`,
        'list the hives with: memlapse windows hivelist',
      );
    }
    for (const { start, path, hive } of starts) {
      for (const found of keysBelow(start, path, options.recurse === true)) {
        const { key } = found;
        const common = { lastWritten: unixTime(key.lastWritten), key: found.path, hive };
        const isVolatile = key.cell >= VOLATILE_CELL;
        yield {
          ...common,
          type: 'Key',
          data: linkTarget(key),
          volatile: isVolatile,
          className: key.className,
          cell: key.cell,
        };
        if (found.depth > 0 && options.recurse !== true) continue;
        for (const value of key.values()) {
          const { data } = value;
          yield {
            ...common,
            type: valueTypeName(value.type),
            name: value.name,
            data: data && valueText(value.type, data),
            size: value.size,
            volatile: isVolatile,
            cell: value.cell,
          };
        }
      }
    }
  },
});

interface Start {
  readonly start: RegistryKey;
  readonly path: string;
  readonly hive: bigint;
}

/** Where to begin in each hive. */
function* startingKeys(
  kernel: WindowsKernel,
  path: string | undefined,
  hiveFilter: string | undefined,
): Generator<Start> {
  if (path !== undefined && /^\\registry(\\|$)/i.test(path) && hiveFilter === undefined) {
    const start = registryKey(kernel, path);
    const hive = loadedHives(kernel).find((each) => each.hive === start?.hive);
    if (start !== undefined && hive !== undefined) yield { start, path, hive: hive.hive.view.address };
    return;
  }
  for (const { hive, mount } of loadedHives(kernel)) {
    const { address } = hive.view;
    const names = [hive.path, hive.userName, mount].map((name) => name?.toLowerCase());
    const isWanted =
      hiveFilter === undefined ||
      names.some((name) => name?.includes(hiveFilter.toLowerCase())) ||
      `0x${address.toString(16)}` === hiveFilter.toLowerCase();
    if (!isWanted) continue;
    const { root } = hive;
    const start = path === undefined ? root : root?.below(path);
    if (root === undefined || start === undefined) continue;
    const top = mount ?? `\\${root.name}`;
    yield { start, path: path === undefined ? top : `${top}\\${path.replace(/^\\+/, '')}`, hive: address };
  }
}
