/**
 * GNU objdump as the judge of assembler text. Encodings stand in cells of a flat file, padded with NOPs, so that both sides
 * start each of them at the same place whatever they made of the one before.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeWidth, Syntax } from '../../../src/emulator/disassembly/disassembled.js';
import { hasDebianTool } from '../../support/debian-tool.js';

export interface Judged {
  readonly bytes: string;
  readonly text: string;
}

const CELL = 32;
const NOP = 0x90;
/** In 16-bit mode addresses beyond 64 KiB would differ by a segment. */
const MOST_CELLS = 0x1_0000 / CELL;
const MACHINES: Readonly<Record<CodeWidth, string>> = { 16: 'i8086', 32: 'i386', 64: 'i386:x86-64' };

export const hasObjdump = (): boolean => hasDebianTool('objdump', 'binutils');

/** Text with single spaces, as both sides are compared. */
export const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** In Intel's ISA a 66 before a near branch in 64-bit mode has no effect; AMD's, objdump's default, shortens the branch. */
export const optionsOf = (width: CodeWidth, syntax: Syntax): string => syntax + (width === 64 ? ',intel64' : '');

function judgeBatch(cells: readonly Uint8Array[], width: CodeWidth, syntax: Syntax): Judged[] {
  const folder = mkdtempSync(join(tmpdir(), 'memlapse-objdump-'));
  try {
    const file = new Uint8Array(cells.length * CELL).fill(NOP);
    cells.forEach((bytes, i) => {
      file.set(bytes, i * CELL);
    });
    writeFileSync(join(folder, 'code'), file);
    const options = [
      '-D',
      '-z',
      '-b',
      'binary',
      '--insn-width=16',
      '-m',
      MACHINES[width],
      '-M',
      optionsOf(width, syntax),
    ];
    const output = execFileSync('objdump', [...options, join(folder, 'code')], {
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    const judged: Judged[] = [];
    for (const line of output.split('\n')) {
      const match = /^\s*([0-9a-f]+):\t([0-9a-f ]+)(?:\t(.*))?$/.exec(line);
      const address = Number.parseInt(match?.[1] ?? '1', 16);
      if (match === null || address % CELL !== 0) continue;
      judged[address / CELL] = { bytes: (match[2] as string).replaceAll(' ', ''), text: squeeze(match[3] ?? '') };
    }
    return judged;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where encoding `index` lies for objdump. */
export const cellAddress = (index: number): bigint => BigInt((index % MOST_CELLS) * CELL);

/** What objdump says of each encoding. */
export function judge(cells: readonly Uint8Array[], width: CodeWidth, syntax: Syntax): Judged[] {
  const judged: Judged[] = [];
  for (let at = 0; at < cells.length; at += MOST_CELLS) {
    judged.push(...judgeBatch(cells.slice(at, at + MOST_CELLS), width, syntax));
  }
  return judged;
}
