/** An exported core as gdb sees it: the registers and the memory of the snapshot. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { convertImage } from '../../src/formats/convert-image.js';
import { openMemory } from '../../src/formats/open-image.js';
import { bufferMemory } from '../profiles/buffer-memory.js';
import { importWhole, noise, PAGE, pagesOf, temporaryFolder, temporaryStore } from './temporary-store.js';

const hasGdb = spawnSync('gdb', ['--version']).status === 0;

async function exported() {
  const store = temporaryStore();
  const bytes = noise(64 * PAGE, 3);
  const general = { rax: 0x1122_3344_5566_7788n, r15: 15n, rsp: 0xffff_8880_0000_1000n, rflags: 0x246n, rip: 0x1234n };
  const registers = [
    { cr3: 0x1000n, cr0: 0n, cr4: 0n, rip: 0x1234n, idt: 0n, gsBase: 0x77n, kernelGsBase: 0n, general },
  ];
  importWhole(store, 'a', bufferMemory(bytes, { registers }));
  const memory = store.openMemory('a', 1);
  const path = join(temporaryFolder(), 'a.core');
  await convertImage(memory, 'elf', path);
  return { path, memory, bytes, general };
}

describe('an exported core', () => {
  test('has the same pages and registers here', async () => {
    const { path, memory, general } = await exported();
    const core = await openMemory(path);
    expect(pagesOf(core)).toEqual(pagesOf(memory));
    expect(core.registers[0]?.general).toMatchObject(general);
    core.close();
    memory.close();
  });

  test.skipIf(!hasGdb)('opens in gdb with registers and memory', async () => {
    const { path, memory, bytes } = await exported();
    const commands = ['p/x $rax', 'p/x $r15', 'p/x $rsp', 'p/x $rip', 'p/x *(unsigned long *)0x5008'];
    const run = spawnSync('gdb', ['-nx', '-batch', '-c', path, ...commands.flatMap((each) => ['-ex', each])], {
      encoding: 'utf8',
    });
    const values = [...run.stdout.matchAll(/^\$\d+ = (0x[0-9a-f]+)/gm)].map(([, value]) => value);
    const word = `0x${bytes.readBigUInt64LE(0x5008).toString(16)}`;
    expect(values).toEqual(['0x1122334455667788', '0xf', '0xffff888000001000', '0x1234', word]);
    memory.close();
  });
});
