/**
 * Whole text of every instruction, in both syntaxes and all widths, against GNU objdump: encodings of every row of the
 * tables, and random bytes. What we do not decode is no case; what differs must be declared.
 */
import { describe, expect, test } from 'vitest';
import { type DisassembledInstruction, disassemble } from '../../../src/emulator/disassembly/disassemble.js';
import type { CodeWidth, Syntax } from '../../../src/emulator/disassembly/disassembled.js';
import { FAMILIES } from '../../../src/emulator/isa/tables.js';
import { Random } from '../conformance/random.js';
import { declaredReason } from './declared-differences.js';
import { cellAddress, hasObjdump, judge, squeeze } from './objdump.js';
import { rowEncoding } from './row-encodings.js';

const WIDTHS: readonly CodeWidth[] = [64, 32, 16];
const SYNTAXES: readonly Syntax[] = ['att', 'intel'];
const ROW_ENCODINGS = 4;
const RANDOM_CASES = 4000;
const NOPS = new Array<number>(16).fill(0x90);

const rows = FAMILIES.flatMap((family) => family.rows);

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => random.below(256));
}

/** Both sides see the bytes of our first instruction and NOPs behind them. */
function compare(
  encodings: readonly Uint8Array[],
  width: CodeWidth,
  syntax: Syntax,
): { judged: number; undeclared: string[] } {
  const first = (bytes: Uint8Array, index: number): DisassembledInstruction => {
    const code = Uint8Array.from([...bytes, ...NOPS]);
    return disassemble(code, cellAddress(index), width, { syntax }).next().value as DisassembledInstruction;
  };
  const ours = encodings
    .filter((bytes) => first(bytes, 0).mnemonic !== '(bad)')
    .map((bytes, index) => first(bytes, index));
  const judged = judge(
    ours.map(({ bytes }) => bytes),
    width,
    syntax,
  );
  const undeclared = ours.flatMap((one, index) => {
    const theirs = judged[index] ?? { bytes: '', text: 'nothing' };
    const bytes = Buffer.from(one.bytes).toString('hex');
    const text = squeeze(one.text);
    if (text === theirs.text && bytes === theirs.bytes) return [];
    if (declaredReason({ width, bytes: one.bytes, ours: text, theirs }) !== undefined) return [];
    return [`${bytes}: ${text} | objdump: ${theirs.text} (${theirs.bytes})`];
  });
  return { judged: ours.length, undeclared };
}

describe.skipIf(!hasObjdump())('judged by objdump', () => {
  describe.each(WIDTHS)('%i-bit code', (width) => {
    test.each(SYNTAXES)('every row in %s syntax', (syntax) => {
      const random = new Random(width);
      const encodings = rows.flatMap((row) =>
        Array.from({ length: ROW_ENCODINGS }, () => rowEncoding(row, width, random)),
      );
      const { judged, undeclared } = compare(encodings, width, syntax);
      expect(undeclared).toEqual([]);
      expect(judged).toBeGreaterThan(rows.length * ROW_ENCODINGS * 0.8);
    });

    test.each(SYNTAXES)('random bytes in %s syntax', (syntax) => {
      const random = new Random(width + 1);
      const { judged, undeclared } = compare(
        Array.from({ length: RANDOM_CASES }, () => randomBytes(random)),
        width,
        syntax,
      );
      expect(undeclared).toEqual([]);
      expect(judged).toBeGreaterThan(RANDOM_CASES * 0.6);
    });
  });
});
