/** `disassemble` on real kernels, judged by objdump on the same bytes and by the guest's own /proc/kallsyms. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import disassemble from '../../../src/analysis/linux/disassemble.js';
import type { Row } from '../../../src/core/columns.js';
import { hasObjdump, optionsOf, squeeze } from '../../emulator/disassembly/objdump.js';
import { onEveryImage } from '../on-every-image.js';

const COUNT = 3000;

/** What objdump makes of the bytes, by address. */
function judged(bytes: Uint8Array, base: bigint, width: 32 | 64): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-objdump-'));
  try {
    writeFileSync(join(folder, 'code'), bytes);
    const machine = width === 64 ? 'i386:x86-64' : 'i386';
    const options = ['-D', '-z', '-b', 'binary', '--no-show-raw-insn', '-m', machine, '-M', optionsOf(width, 'intel')];
    const output = execFileSync('objdump', [...options, `--adjust-vma=0x${base.toString(16)}`, join(folder, 'code')], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return output.split('\n').flatMap((line) => {
      const match = /^\s*([0-9a-f]+):\t(.*)$/.exec(line);
      return match === null ? [] : [`${match[1]} ${squeeze(match[2] as string)}`];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const withoutNames = (text: unknown): string => squeeze(String(text)).replace(/ <[^>]*>/g, '');
const lines = (rows: readonly Row[]): string[] =>
  rows.map(({ address, text }) => `${(address as bigint).toString(16)} ${withoutNames(text)}`);

onEveryImage('disassemble', (opened) => {
  it.skipIf(!hasObjdump())(`gives ${COUNT} instructions of the kernel as objdump does`, async () => {
    const { kernel } = opened();
    const rows = await opened().rows(disassemble, { address: 'schedule', count: COUNT });
    const base = rows[0]!.address as bigint;
    const bytes = Buffer.from(rows.map((row) => row.bytes).join(''), 'hex');
    expect(lines(rows)).toEqual(judged(bytes, base, kernel.is64Bit ? 64 : 32));
    expect(rows.length).toBe(COUNT);
  });

  it('names addresses as /proc/kallsyms does', async () => {
    const { truth } = opened();
    const first = new Map((await truth.kallsyms!).map(({ address, name }) => [name, address] as const));
    const rows = await opened().rows(disassemble, { address: 'schedule', count: 50 });
    for (const { address, symbol } of rows) {
      const [name = '', distance = '0'] = String(symbol).split('+');
      expect(first.get(name)! + BigInt(distance)).toBe(address);
    }
    expect(rows[0]).toMatchObject({ symbol: 'schedule', address: first.get('schedule') });
  });

  it('starts in the middle of a symbol, and refuses what is not there', async () => {
    const [whole] = await opened().rows(disassemble, { address: 'schedule', count: 1 });
    const [later] = await opened().rows(disassemble, { address: 'schedule+0x2', count: 1 });
    expect(later!.address).toBe((whole!.address as bigint) + 2n);
    await expect(opened().rows(disassemble, { address: 'no_such_symbol' })).rejects.toThrow(/no symbol is called/);
    await expect(opened().rows(disassemble, { address: '0x10' })).rejects.toThrow(/nothing is readable at 0x10/);
    await expect(opened().rows(disassemble, { address: '0x10', pid: 999_999 })).rejects.toThrow(/no process 999999/);
    await expect(opened().rows(disassemble, { address: 'schedule', syntax: 'masm' })).rejects.toThrow(
      /masm is not known/,
    );
  });
});
