/**
 * The ReactOS image for tests: opened as a user would, without a symbol file, once for all tests of a file. What the guest
 * said about itself is `tlist.txt`: the list that its own `tlist` printed, with remarks about one process behind it.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import { Image } from '../../../src/analysis/image.js';
import type { Options, OptionsOf, Plugin } from '../../../src/analysis/plugin.js';
import type { Columns, Row } from '../../../src/core/columns.js';
import { openMemory } from '../../../src/formats/open-image.js';
import type { WindowsKernel } from '../../../src/objects/windows/kernel.js';
import { images, type TestImage } from '../../ground-truth/images.js';
import { wholeRows } from '../test-kernels.js';

export const REACTOS: TestImage | undefined = images().find(({ name }) => name.startsWith('reactos-'));

export interface ListedProcess {
  readonly pid: number;
  readonly name: string;
  readonly ppid: number;
}

export interface OpenedReactOS {
  readonly image: Image;
  readonly kernel: WindowsKernel;
  /** The guest's list, without the idle process (pid 0), which is on no list of the kernel. */
  readonly listed: readonly ListedProcess[];
  /** The rows of a plugin. Throws when one is partial: the image has no damage. */
  rows<C extends Columns>(
    plugin: Pick<Plugin<'windows' | 'image', C>, 'columns'>,
    options?: OptionsOf<Options>,
  ): Promise<Row<C>[]>;
}

/** `describe` on the image; `opened` may be called inside tests only. */
export function onReactOS(subject: string, body: (opened: () => OpenedReactOS) => void): void {
  describe.skipIf(REACTOS === undefined)(`${subject}${REACTOS === undefined ? ' (no image here)' : ''}`, () => {
    let open: OpenedReactOS | undefined;
    beforeAll(async () => {
      const image = new Image('reactos', await openMemory(await REACTOS!.path()), { cache: false });
      const kernel = await image.requireWindows();
      const listed = await listedProcesses(REACTOS!);
      open = { image, kernel, listed, rows: (plugin, options = {}) => wholeRows(image, plugin, options) };
    });
    afterAll(() => open?.image.close());
    body(() => open!);
  });
}

async function listedProcesses(image: TestImage): Promise<ListedProcess[]> {
  const text = await readFile(await image.file('tlist.txt'), 'utf8');
  return text
    .split('\n')
    .map((line) => /^(\d+) (\S+) (\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, name, ppid]) => ({ pid: Number(pid), name: name as string, ppid: Number(ppid) }))
    .filter(({ pid }) => pid !== 0);
}

/** How many rows there are for each process. */
export function countByPid(rows: readonly { readonly pid?: number | bigint | undefined }[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { pid } of rows) counts.set(Number(pid), (counts.get(Number(pid)) ?? 0) + 1);
  return counts;
}
