/**
 * The command line's compiled code is taken by the next run of the same kind, whatever settings of V8 the runs between used: V8
 * refuses code that was made under others, which nothing but time would tell.
 */
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { memlapse, scratch, writeGuest } from './run-cli.js';

const folder = scratch();
afterAll(() => rmSync(folder, { recursive: true }));

const CACHE = join(folder, 'compiled');
const ENVIRONMENT = { MEMLAPSE_CACHE: CACHE, MEMLAPSE_STORE: join(folder, 'store') };
/** The compiled code of the bundle is larger than all else that is cached here. */
const LARGE = 1 << 20;

/** A multiboot kernel that writes to the debug exit port: header with addresses at 1 MiB, `mov al, 0; out 0f4h, al`. */
function kernel(): string {
  const words = [0x1bad_b002, 0x1_0000, -(0x1bad_b002 + 0x1_0000), 0x10_0000, 0x10_0000, 0, 0, 0x10_0020];
  const header = Buffer.from(Int32Array.from(words, (word) => word | 0).buffer);
  const path = join(folder, 'kernel');
  writeFileSync(path, Buffer.concat([header, Buffer.of(0xb0, 0x00, 0xe6, 0xf4)]));
  return path;
}

/** The files with it: one that is written again is another file. */
function compiledCode(): number[] {
  const files = readdirSync(CACHE).map((name) => statSync(join(CACHE, name)));
  return files.filter(({ size }) => size > LARGE).map(({ ino }) => ino);
}

test('runs of all kinds in turn leave it as it is once each has added to it', async () => {
  const image = writeGuest(folder);
  const imported = await memlapse(folder, ['snapshot', 'import', image, '--name', 'guest', '-q'], ENVIRONMENT);
  expect(imported).toMatchObject({ code: 0 });
  const runs = [
    ['emulate', '--kernel', kernel(), '--memory', '16M'],
    ['pslist', '-f', 'snapshot:guest', '--between', '1..1', '-q'],
    ['pslist', '-f', image, '-q'],
  ];
  const once = async () => {
    for (const args of runs) expect(await memlapse(folder, args, ENVIRONMENT)).toMatchObject({ code: 0 });
    return compiledCode();
  };
  const first = await once();
  expect(first).toHaveLength(1);
  expect(await once()).toEqual(first);
}, 60_000);
