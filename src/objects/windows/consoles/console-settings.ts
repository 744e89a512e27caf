/** How many commands a console keeps, and how many histories: what consoles are recognized by. */
import { u32 } from '../../../core/bytes.js';
import type { WindowsKernel } from '../kernel.js';
import { loadedHives } from '../registry/registry.js';

export interface ConsoleSettings {
  readonly historySizes: ReadonlySet<number>;
  readonly historyMaxima: ReadonlySet<number>;
}

/** Where nobody set anything. */
const DEFAULT = { size: 50, maximum: 4 } as const;

/** The defaults, what users have in their registry (Console), and what is given. */
export function consoleSettings(
  kernel: WindowsKernel,
  sizes: readonly number[] = [],
  maxima: readonly number[] = [],
): ConsoleSettings {
  const historySizes = new Set([DEFAULT.size, ...sizes]);
  const historyMaxima = new Set([DEFAULT.maximum, ...maxima]);
  const hives = kernel.address('CmpHiveListHead') === undefined ? [] : loadedHives(kernel);
  for (const { hive } of hives) {
    const key = hive.root?.subkey('Console');
    const number = (name: string) => {
      const data = key?.value(name)?.data;
      return data?.length === 4 ? u32(data, 0) : undefined;
    };
    const [size, maximum] = [number('HistoryBufferSize'), number('NumberOfHistoryBuffers')];
    if (size) historySizes.add(size);
    if (maximum) historyMaxima.add(maximum);
  }
  return { historySizes, historyMaxima };
}
