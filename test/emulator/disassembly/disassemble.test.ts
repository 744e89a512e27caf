/** What the disassembler promises apart from spelling: it tiles any bytes, never throws, and names addresses. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { disassemble } from '../../../src/emulator/disassembly/disassemble.js';
import type { CodeWidth, Syntax } from '../../../src/emulator/disassembly/disassembled.js';

const texts = (code: readonly number[], width: CodeWidth = 64, syntax: Syntax = 'intel'): string[] =>
  [...disassemble(Uint8Array.from(code), 0x1000n, width, { syntax })].map(({ text }) => text);

test('any bytes are tiled by instructions of 1 to 15 bytes, in every mode and syntax', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom<CodeWidth>(16, 32, 64),
      fc.constantFrom<Syntax>('att', 'intel'),
      (code, width, syntax) => {
        const all = [...disassemble(code, 0xffff_ffff_ffff_fff0n, width, { syntax })];
        expect(Buffer.concat(all.map(({ bytes }) => bytes))).toEqual(Buffer.from(code));
        let at = 0n;
        for (const one of all) {
          expect(one.address).toBe(0xffff_ffff_ffff_fff0n + at);
          expect(one.length).toBe(one.bytes.length);
          expect(one.length).toBeLessThanOrEqual(15);
          expect(one.text.startsWith(one.mnemonic)).toBe(true);
          at += BigInt(one.length);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

test('what is no instruction is (bad), what is cut off .byte, one byte each', () => {
  expect(texts([0x06, 0x90])).toEqual(['(bad)', 'nop']);
  expect(texts([0x90, 0x48, 0x8b])).toEqual(['nop', '.byte 0x48', '.byte 0x8b']);
  expect(texts(new Array(16).fill(0x66).concat(0x90)).slice(0, 2)).toEqual(['(bad)', '(bad)']);
  expect(texts([])).toEqual([]);
});

test('addresses of branches and RIP-relative operands get names', () => {
  const symbolize = (address: bigint): string => `at_${address.toString(16)}`;
  const code = [0xe8, 0x0b, 0, 0, 0, 0x48, 0x8b, 0x05, 0x10, 0, 0, 0, 0x74, 0xfe];
  const all = [...disassemble(Uint8Array.from(code), 0x1000n, 64, { symbolize })].map(({ text }) => text);
  expect(all).toEqual([
    'call   0x1010 <at_1010>',
    'mov    rax,QWORD PTR [rip+0x10]        # 0x101c <at_101c>',
    'je     0x100c <at_100c>',
  ]);
});

test('mnemonic and operands are given apart', () => {
  const [one] = disassemble(Uint8Array.from([0xf0, 0x0f, 0xb1, 0x0f]), 0n, 64, { syntax: 'att' });
  expect(one).toMatchObject({ mnemonic: 'lock cmpxchg', operands: '%ecx,(%rdi)', text: 'lock cmpxchg %ecx,(%rdi)' });
});
