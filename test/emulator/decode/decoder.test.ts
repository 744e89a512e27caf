/** The decoder on anything at all, and on encodings that the manual singles out (SDM volume 2, chapter 2). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MODES } from '../../../src/emulator/cpu/mode.js';
import { MEMLAPSE64 } from '../../../src/emulator/cpu/models.js';
import { Decoder } from '../../../src/emulator/decode/decoder.js';
import type { Instruction } from '../../../src/emulator/isa/instruction.js';
import { bytes } from '../support/bare-processor.js';

const decoder = new Decoder(MEMLAPSE64.features);
const LONG = MODES[2 | 4 | 16]!;
const PROTECTED = MODES[1 | 4 | 16]!;
const REAL = MODES[0]!;

function decode(text: string, mode = LONG): Instruction {
  const code = Uint8Array.from(bytes(text));
  const one = decoder.decode(code, 0, code.length, mode);
  if (typeof one !== 'object') throw new Error(`${text}: ${String(one)}`);
  return one;
}

test('random bytes decode, or not, without an exception and within 15 bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 18 }), fc.constantFrom(...MODES), (code, mode) => {
      const one = decoder.decode(code, 0, code.length, mode);
      return typeof one !== 'object' || (one.length >= 1 && one.length <= Math.min(15, code.length));
    }),
    { numRuns: 20_000 },
  );
});

test('the head decides everything but the literals, which are the last bytes', () => {
  const few = fc.constantFrom(0x48, 0x89, 0x8b, 0xe5, 0x0f, 0x66, 0xe8, 0x05, 0xc7, 0x83, 0x90, 0xb6, 0xa1, 0xc8);
  const code = fc.tuple(fc.array(few, { maxLength: 3 }), fc.uint8Array({ minLength: 32, maxLength: 32 }));
  fc.assert(
    fc.property(
      code,
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.constantFrom(...MODES),
      (parts, noise, mode) => {
        const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
        const one = decoder.decode(bytes, 0, bytes.length, mode);
        if (typeof one !== 'object') return;
        let position = one.literals[0]?.at ?? one.length;
        const other = Uint8Array.from(bytes, (byte, i) => (i < position ? byte : (noise[i % 16] as number)));
        for (const { at, size } of one.literals) {
          expect(at).toBe(position);
          position += size;
        }
        expect(position).toBe(one.length);
        expect(withoutValues(decoder.decode(other, 0, other.length, mode))).toEqual(withoutValues(one));
      },
    ),
    { numRuns: 4000 },
  );
});

/** An instruction with nothing that is read from literals. */
function withoutValues(one: ReturnType<Decoder['decode']>): unknown {
  if (typeof one !== 'object') return one;
  const operands = one.operands.map((operand) => ({ ...operand, value: 0, displacement: 0 }));
  return { ...one, operands };
}

test.each([
  ['48 89 e5', LONG, 'mov', 8, 3],
  ['66 48 89 e5', LONG, 'mov', 8, 4], // REX.W wins over 66
  ['48 66 89 e5', LONG, 'mov', 2, 4], // a REX that is not last is ignored
  ['89 e5', REAL, 'mov', 2, 2],
  ['66 89 e5', REAL, 'mov', 4, 3],
  ['66 89 e5', PROTECTED, 'mov', 2, 3],
  ['ff e3', LONG, 'jmp', 8, 2],
  ['90', LONG, 'nop', 4, 1],
  ['f3 90', LONG, 'pause', 4, 2],
  ['41 90', LONG, 'xchg', 4, 2],
  ['63 c8', LONG, 'movsxd', 4, 2],
  ['63 c8', PROTECTED, 'arpl', 4, 2],
  ['40', PROTECTED, 'inc', 4, 1],
  ['48 b8 00 00 00 00 00 00 00 80', LONG, 'mov', 8, 10],
] as const)('%s', (text, mode, name, operandSize, length) => {
  const one = decode(text, mode);
  expect([one.row.name, one.operandSize, one.length]).toEqual([name, operandSize, length]);
});

test('15 bytes are the limit', () => {
  const code = Uint8Array.from([...new Array(14).fill(0x66), 0x90, 0x90]);
  expect(decoder.decode(code, 0, code.length, LONG)).toBeTypeOf('object');
  const longer = Uint8Array.from([...new Array(15).fill(0x66), 0x90]);
  expect(decoder.decode(longer, 0, longer.length, LONG)).toBe('long');
});

test('memory operands: SIB without index, RIP-relative, 16-bit forms', () => {
  const memory = (text: string, mode = LONG) => decode(text, mode).operands.find((one) => one.kind === 'memory');
  expect(memory('8b 04 24')).toMatchObject({ base: 4, index: -1, segment: 2 });
  expect(memory('42 8b 04 24')).toMatchObject({ base: 4, index: 12, segment: 2 });
  expect(memory('8b 05 10 00 00 00')).toMatchObject({ base: 16, displacement: 16 });
  expect(memory('8b 05 10 00 00 00', PROTECTED)).toMatchObject({ base: -1, displacement: 16 });
  expect(memory('8b 42 10', REAL)).toMatchObject({ base: 5, index: 6, displacement: 16, segment: 2, segmented: true });
  expect(memory('41 8b 45 00')).toMatchObject({ base: 13, segment: 3 });
});
