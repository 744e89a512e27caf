/**
 * Volatility 3 as a judge: told where the kernel of an image is, since it finds none that has no RSDS record, and asked for
 * the rows of its plugins. It is run as it is; nothing of it is in this repository.
 *
 * VOL3 names a checkout, VOL3_PYTHON its Python (python3 unless told), VOL3_HOME the home folder where its cache is.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { WindowsKernelLocation } from '../../../src/profiles/windows/location.js';

const { VOL3, VOL3_PYTHON = 'python3', VOL3_HOME } = process.env;
/** Longest output that is taken: `memmap` of all processes is some dozen MiB. */
const MAX_OUTPUT = 1 << 28;

export const hasVolatility = VOL3 !== undefined;

export interface VolatilityTarget {
  /** The image, raw. */
  readonly image: string;
  /** Symbol file (ISF) of the image's kernel. */
  readonly symbols: string;
  readonly kernel: Pick<WindowsKernelLocation, 'dtb' | 'base'>;
}

/** A row of its JSON output: columns by their titles. */
export type VolatilityRow = Readonly<Record<string, string | number | boolean | null>>;

type NestedRow = VolatilityRow & { readonly __children?: readonly NestedRow[] };

/** What a plugin gave: rows, or the last line of why it did not. */
export type VolatilityResult = { readonly rows: readonly VolatilityRow[] } | { readonly failure: string };

/**
 * The configuration (`vol.py -c FILE`) that stands for what Volatility would have found by itself: the layers, where the
 * kernel lies and which symbols it has. Its keys are those that `vol.py --save-config FILE` writes for a Windows image.
 */
export function volatilityConfiguration({ image, symbols, kernel }: VolatilityTarget): object {
  const layer = 'kernel.layer_name';
  const table = 'kernel.symbol_table_name';
  return {
    'kernel.class': 'volatility3.framework.contexts.Module',
    'kernel.offset': Number(kernel.base),
    [`${layer}.class`]: 'volatility3.framework.layers.intel.WindowsIntel',
    [`${layer}.kernel_virtual_offset`]: Number(kernel.base),
    [`${layer}.page_map_offset`]: kernel.dtb,
    [`${layer}.memory_layer.class`]: 'volatility3.framework.layers.physical.FileLayer',
    [`${layer}.memory_layer.location`]: pathToFileURL(image).href,
    [`${layer}.swap_layers`]: true,
    [`${layer}.swap_layers.number_of_elements`]: 0,
    [`${table}.class`]: 'volatility3.framework.symbols.windows.WindowsKernelIntermedSymbols',
    [`${table}.isf_url`]: pathToFileURL(symbols).href,
    [`${table}.symbol_mask`]: 0,
  };
}

/** Gives `use` the path of a configuration file that is there for its time. */
export function withVolatilityConfiguration(target: VolatilityTarget, use: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-volatility-'));
  try {
    const path = join(folder, 'volatility.json');
    writeFileSync(path, JSON.stringify(volatilityConfiguration(target)));
    use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The command that runs a plugin with its arguments on `image`; `options` are Volatility's own, which stand before. */
export function volatilityCommand(image: string, plugin: readonly string[], options: readonly string[] = []) {
  return {
    argv: [VOL3_PYTHON, join(VOL3 ?? '', 'vol.py'), '-q', '--offline', ...options, '-f', image, ...plugin],
    env: VOL3_HOME === undefined ? {} : { HOME: VOL3_HOME },
  };
}

/** Runs a plugin; its rows in order, those of trees flattened. */
export function volatilityRows(image: string, configuration: string, plugin: readonly string[]): VolatilityResult {
  const { argv, env } = volatilityCommand(image, plugin, ['-r', 'json', '-c', configuration]);
  const [program = '', ...args] = argv;
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, ...env },
  });
  if (status !== 0) return { failure: lastLine(stderr) };
  return { rows: flatten(JSON.parse(stdout) as readonly NestedRow[]) };
}

function flatten(rows: readonly NestedRow[]): VolatilityRow[] {
  return rows.flatMap(({ __children: children = [], ...row }) => [row as VolatilityRow, ...flatten(children)]);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
