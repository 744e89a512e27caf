/**
 * The records of equal heads come from one form. Their values are compared with what the decoder, which forms replace,
 * reads from the same bytes.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MODES } from '../../../src/emulator/cpu/mode.js';
import { MEMLAPSE64 } from '../../../src/emulator/cpu/models.js';
import { Decoder } from '../../../src/emulator/decode/decoder.js';
import type { HandlerTable } from '../../../src/emulator/interpreter/handler-table.js';
import { RECORD, SECOND_IMMEDIATE } from '../../../src/emulator/interpreter/micro-op.js';
import { RECORD_WORDS, writeRecord } from '../../../src/emulator/interpreter/record-form.js';
import { RecordForms } from '../../../src/emulator/interpreter/record-forms.js';
import { type Instruction, RIP_BASE } from '../../../src/emulator/isa/instruction.js';

const decoder = new Decoder(MEMLAPSE64.features);
/** What an instruction is given as a handler does not matter here. */
const HANDLERS = { style: { key: '' }, handlersOf: (code: readonly unknown[]) => code.map(() => 7) };
const START = 0x321;

/** First immediate (or branch target), second immediate and displacement, as the record has to have them. */
function expected({ operands, length }: Instruction): (bigint | undefined)[] {
  const wide = (value: number | bigint): bigint => BigInt.asIntN(64, BigInt(value));
  const values = operands.flatMap((one) => {
    if (one.kind === 'relative') return [wide(one.value + START + length)];
    return one.kind === 'immediate' ? [wide(one.value)] : [];
  });
  const memory = operands.find((one) => one.kind === 'memory');
  const fromNext = memory?.base === RIP_BASE ? START + length : 0;
  return [values[0], values[1], memory && wide(memory.displacement) + BigInt(fromNext)];
}

test('records have the values of their own bytes, whichever instruction their form was made from', () => {
  const forms = new RecordForms(decoder, HANDLERS as unknown as HandlerTable);
  const prefix = fc.array(fc.constantFrom(0x48, 0x66, 0x67, 0x0f, 0xc7, 0x8f, 0xe8, 0xa1, 0xc8, 0x9a, 0xb8), {
    maxLength: 3,
  });
  const code = fc.tuple(prefix, fc.uint8Array({ minLength: 24, maxLength: 24 }));
  let shared = 0;
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(code, fc.constantFrom(...MODES), (parts, mode) => {
      const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
      const one = decoder.decode(bytes, 0, bytes.length, mode);
      const form = forms.read(bytes, 0, bytes.length, mode);
      if (typeof one !== 'object' || typeof form !== 'object') {
        expect(form).toBe(one);
        return;
      }
      forms.complete();
      if (seen.has(form)) shared++;
      seen.add(form);
      const words = new Int32Array(RECORD_WORDS);
      writeRecord(form, words, 0, { bytes, offset: 0, start: START, left: 5 });
      const view = new DataView(words.buffer);
      const [first, second, displacement] = expected(one);
      expect(view.getInt32(RECORD.handler, true)).toBe(7);
      expect([RECORD.start, RECORD.next, RECORD.left].map((at) => view.getInt32(at, true))).toEqual([
        START,
        START + one.length,
        5,
      ]);
      if (first !== undefined) expect(view.getBigInt64(RECORD.immediate, true)).toBe(first);
      if (second !== undefined) expect(view.getInt32(SECOND_IMMEDIATE, true)).toBe(Number(second));
      if (displacement !== undefined) expect(view.getBigInt64(RECORD.displacement, true)).toBe(displacement);
    }),
    { numRuns: 8000, seed: 1 },
  );
  expect(shared).toBeGreaterThan(500);
});
