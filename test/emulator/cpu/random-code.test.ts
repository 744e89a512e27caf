/**
 * Random bytes and random instructions as code, in every mode. Whatever comes: nothing is thrown, a run ends at its
 * limit or for an architectural reason, both tiers go through the same states, and a processor that is saved at any
 * instruction and restored elsewhere goes on alike.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import { FAMILIES } from '../../../src/emulator/isa/tables.js';
import { Random } from '../conformance/random.js';
import { rowEncoding } from '../disassembly/row-encodings.js';
import {
  bareProcessor,
  CODE,
  enterLong,
  enterProtected,
  enterUser,
  IDT,
  put,
  STACK_TOP,
} from '../support/bare-processor.js';

const LIMIT = 400;
const RUNS = 15;
const RAM = 1 << 18;
const rows = FAMILIES.flatMap((family) => family.rows);

const real = (selector: number) => ({ selector, base: BigInt(selector << 4), limit: 0xffff, attributes: 0xf3 });

function enterReal(cpu: MemlapseProcessor): void {
  cpu.setSegment('cs', { selector: 0, base: 0n, limit: 0xffff, attributes: 0x9b });
  for (const name of ['ss', 'ds', 'es', 'fs', 'gs'] as const) {
    cpu.setSegment(name, { selector: 0, base: 0n, limit: 0xffff, attributes: 0x93 });
  }
  cpu.setRegister('rip', BigInt(CODE));
  cpu.setRegister('rsp', BigInt(STACK_TOP - 0x1000));
}

function enterVirtual(cpu: MemlapseProcessor): void {
  enterProtected(cpu);
  cpu.setRegister('rflags', 0x2_3002n);
  cpu.setRegister('cpl', 3n);
  for (const name of ['cs', 'ss', 'ds', 'es', 'fs', 'gs'] as const) cpu.setSegment(name, real(0));
}

function enterCompatibility(cpu: MemlapseProcessor): void {
  enterLong(cpu);
  cpu.setSegment('cs', { ...cpu.getSegment('cs'), attributes: 0xc09b });
}

const MODES: readonly (readonly [name: string, width: 16 | 32 | 64, enter: (cpu: MemlapseProcessor) => void])[] = [
  ['real mode', 16, enterReal],
  ['virtual-8086 mode', 16, enterVirtual],
  ['32-bit protected mode', 32, enterProtected],
  ['compatibility mode', 32, enterCompatibility],
  ['64-bit mode', 64, enterLong],
  ['64-bit mode in ring 3', 64, (cpu) => {
    enterLong(cpu);
    enterUser(cpu);
  }],
]; // biome-ignore format: a table

/** Handlers return behind the two bytes that faulted, so that runs go on. */
function writeHandlers(cpu: MemlapseProcessor, width: 16 | 32 | 64): void {
  for (let vector = 0; vector < 64; vector++) {
    if (width === 16) put(cpu, vector * 4, 4, 0x2000n);
    if (width === 16) continue;
    // Errors codes are pushed by some vectors; the others meet a handler that adds nothing.
    const hasCode = [8, 10, 11, 12, 13, 14, 17].includes(vector);
    const at = IDT + vector * (width === 64 ? 16 : 8);
    put(cpu, at, 2, hasCode ? 0x2020n : 0x2000n);
  }
  const plain =
    width === 64 ? [0x48, 0x83, 0x04, 0x24, 2, 0x48, 0xcf] : width === 32 ? [0x83, 0x04, 0x24, 2, 0xcf] : [0xf4];
  const popping = width === 64 ? [0x48, 0x83, 0xc4, 8, ...plain] : [0x83, 0xc4, 4, ...plain];
  cpu.ram.set(plain, 0x2000);
  cpu.ram.set(popping, 0x2020);
}

function prepare(
  cpu: MemlapseProcessor,
  [, width, enter]: (typeof MODES)[number],
  code: Uint8Array,
  seed: number,
): void {
  cpu.reset();
  cpu.ram.fill(0);
  cpu.noteWritten(0, cpu.ram.length);
  enter(cpu);
  writeHandlers(cpu, width);
  const random = new Random(seed);
  for (const name of ['rax', 'rcx', 'rdx', 'rbx', 'rbp', 'rsi', 'rdi']) {
    cpu.setRegister(name, BigInt(random.below(2) === 0 ? 0x6000 + random.below(0x2000) : random.below(2 ** 31)));
  }
  cpu.setRegister('cr4', cpu.getRegister('cr4') | 0x600n);
  cpu.ram.set(code, CODE);
  cpu.noteWritten(0, 0x10000);
  cpu.takeDirtyPages();
  cpu.icount = 0;
}

function codeOf(width: 16 | 32 | 64, raw: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed);
  if (random.below(3) === 0) return raw;
  const parts = Array.from({ length: 24 }, () => [
    ...rowEncoding(rows[random.below(rows.length)] as (typeof rows)[number], width, random),
  ]);
  return Uint8Array.from(parts.flat().slice(0, 0x600));
}

/** Few: with everything hot at once, each rewriting is a translation. */
const REWRITES = 500;
const REWRITING_RUNS = 5;

/** Blocks that each write a byte of the code, mostly what another block will write, and jump to the next one. */
function rewritingCode(width: 16 | 32 | 64, seed: number): Uint8Array {
  const random = new Random(seed);
  const blocks = 12;
  // MOV byte [rBX + displacement], immediate; INC dword [rSI]; JMP to the next block.
  const displacementBytes = width === 16 ? 2 : 4;
  const immediateAt = 2 + displacementBytes;
  const size = immediateAt + 1 + 2 + 2;
  const bytes = Array.from({ length: blocks }, (_, i) => {
    const target = random.oneIn(12) ? random.below(blocks * size) : random.below(blocks) * size + immediateAt;
    const displacement = Array.from({ length: displacementBytes }, (_, k) => (target >> (8 * k)) & 0xff);
    const back = i === blocks - 1 ? -blocks * size : 0;
    return [
      0xc6,
      width === 16 ? 0x87 : 0x83,
      ...displacement,
      random.below(256),
      0xff,
      width === 16 ? 0x04 : 0x06,
      0xeb,
      back & 0xff,
    ];
  });
  return Uint8Array.from(bytes.flat());
}

/** Runs to the limit, in pieces where asked; says how it went. */
function run(cpu: MemlapseProcessor, limit: number): string {
  const reason = cpu.run(limit);
  expect(['limit', 'halt', 'triple-fault']).toContain(reason);
  expect(cpu.icount).toBeLessThanOrEqual(limit);
  return reason;
}

describe.each(MODES)('%s', (...mode) => {
  const interpreter = bareProcessor({ model: 'memlapse64-max', ramBytes: RAM }).cpu;
  const translated = bareProcessor({ model: 'memlapse64-max', ramBytes: RAM, hot: 1 }).cpu;
  const restored = bareProcessor({ model: 'memlapse64-max', ramBytes: RAM, hot: 2 }).cpu;

  test('any bytes run, alike in both tiers and after a restore', { timeout: 120_000 }, () => {
    let executed = 0;
    const inputs = [fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(0xffff), fc.nat(LIMIT - 1)] as const;
    fc.assert(
      fc.property(...inputs, (raw, seed, split) => {
        const code = codeOf(mode[1], raw, seed);
        for (const cpu of [interpreter, translated]) prepare(cpu, mode, code, seed);
        const before = [run(interpreter, split), run(translated, split)];
        expect(before[1]).toBe(before[0]);
        restored.reset();
        restored.ram.set(interpreter.ram);
        restored.noteWritten(0, restored.ram.length);
        restored.restoreState(structuredClone(interpreter.saveState()));
        const after = [interpreter, translated, restored].map((cpu) => run(cpu, LIMIT));
        executed += interpreter.icount;
        expect(after).toEqual([after[0], after[0], after[0]]);
        for (const cpu of [translated, restored]) {
          expect(cpu.saveState()).toEqual(interpreter.saveState());
          expect(Buffer.compare(cpu.ram, interpreter.ram)).toBe(0);
        }
      }),
      { numRuns: RUNS },
    );
    // Not every case may end at once.
    expect(executed).toBeGreaterThan(RUNS * 2);
  });

  test('code that rewrites itself in every block runs alike in both tiers', { timeout: 120_000 }, () => {
    let executed = 0;
    fc.assert(
      fc.property(fc.nat(0xffff), (seed) => {
        for (const cpu of [interpreter, translated]) {
          prepare(cpu, mode, rewritingCode(mode[1], seed), seed);
          cpu.setRegister('rbx', BigInt(CODE));
          cpu.setRegister('rsi', 0x6000n);
        }
        expect(run(translated, REWRITES)).toBe(run(interpreter, REWRITES));
        executed += interpreter.icount;
        expect(translated.saveState()).toEqual(interpreter.saveState());
        expect(Buffer.compare(translated.ram, interpreter.ram)).toBe(0);
      }),
      { numRuns: REWRITING_RUNS },
    );
    expect(executed).toBeGreaterThan(REWRITES);
  });
});
