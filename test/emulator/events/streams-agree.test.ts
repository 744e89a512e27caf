/**
 * Events are architectural: both tiers report the same ones at the same instructions, whatever the code does, and
 * observing changes nothing of the guest.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemlapseProcessor } from '../../../src/emulator/cpu/create-processor.js';
import {
  CODE,
  DATA,
  enterLong,
  enterProtected,
  enterUser,
  IDT,
  load,
  pageEntry,
  put,
} from '../support/bare-processor.js';
import { randomLoop, registers } from '../support/random-loop.js';
import { EVERYTHING, type Prepare, type Seen, watch, watchAll } from './recorder.js';

function agree(prepare: Prepare, limits: readonly number[], subscriptions = [EVERYTHING]): Seen {
  const { plain, interpreted, translated } = watchAll(prepare, limits, subscriptions);
  expect(interpreted.digests).toEqual(plain.digests);
  expect(translated.digests).toEqual(plain.digests);
  expect(translated.events.length).toBe(interpreted.events.length);
  const different = interpreted.events.findIndex((event, i) => !equal(event, translated.events[i]));
  expect(translated.events[different]).toEqual(interpreted.events[different]);
  expect(translated.stops).toEqual(interpreted.stops);
  return translated;
}

const equal = (x: unknown, y: unknown): boolean =>
  Object.entries(x as object).every(([name, value]) => (y as Record<string, unknown>)[name] === value);

const handlerAt = (cpu: MemlapseProcessor, vector: number, address: number, code: string): void => {
  put(cpu, IDT + vector * 16, 8, BigInt(address) | (8n << 16n) | (0x8e00n << 32n));
  load(cpu, address, code);
};

test('random loops', () => {
  fc.assert(
    fc.property(randomLoop, fc.integer(), fc.integer({ min: 1, max: 900 }), (code, seed, stop) => {
      const prepare: Prepare = (cpu) => {
        enterLong(cpu);
        registers(cpu, seed);
        load(cpu, CODE, code);
      };
      const { events, cpu } = agree(prepare, [stop, stop + 1, 20_000]);
      // An instruction that faults has the count of the one that follows it.
      const begun = events.filter(({ kind }) => kind === 'instruction').map(({ icount }) => icount);
      expect(new Set(begun).size).toBe(cpu.icount);
      return true;
    }),
    { numRuns: 5 },
  );
});

test('more events than the buffer holds, none lost', () => {
  // L: mov [rbx], rax; mov rdx, [rbx]; inc rax; jmp L
  const { events, cpu } = agree(
    (one) => {
      enterLong(one);
      registers(one, 1);
      one.setRegister('rax', 0n);
      load(one, CODE, '48 89 03 48 8b 13 48 ff c0 eb f5');
    },
    [40_000],
    [{ kind: ['instruction', 'block', 'branch', 'read', 'write'] }],
  );
  expect(cpu.jitStatistics?.compiled).toBeGreaterThan(0);
  const values = events.flatMap((event) => (event.kind === 'write' ? [event.value] : []));
  expect(values).toEqual(Array.from({ length: 10_000 }, (_, i) => BigInt(i)));
  expect(events.map(({ icount }) => icount)).toEqual(
    Array.from({ length: 10_000 }, (_, i) => i * 4).flatMap((at) => [
      // The first loop is no block: nothing is known of what was before it.
      ...(at === 0 ? [0, 0] : [at, at, at]), at + 1, at + 1, at + 2, at + 3, at + 3,
    ]), // biome-ignore format: one loop a line
  );
});

describe('ports in a loop that never leaves generated code', () => {
  // L: inc eax; out 0x42, eax; jmp L
  const program: Prepare = (cpu) => {
    enterLong(cpu);
    cpu.setRegister('rax', 0n);
    load(cpu, CODE, 'ff c0 e7 42 eb fa');
  };

  test('more events than the buffer holds', () => {
    const { events } = agree(program, [45_000], [{ kind: 'port-write' }]);
    expect(events.map((event) => (event.kind === 'port-write' ? event.value : undefined))).toEqual(
      Array.from({ length: 15_000 }, (_, i) => i + 1),
    );
  });

  test('a stop behind each', () => {
    const { stops } = agree(program, [30], [{ kind: 'port-write', stop: true }]);
    expect(stops).toEqual(Array.from({ length: 10 }, (_, i) => [i * 3 + 2, 0x1004n]));
  });
});

describe('exceptions', () => {
  test('in every loop: a division by zero, a page that is brought in, a breakpoint', () => {
    const { events } = agree(
      (cpu) => {
        enterLong(cpu);
        registers(cpu, 3);
        cpu.setRegister('rcx', 0n);
        // #DE: skip the two bytes of DIV. #PF: map the page. INT3: nothing.
        handlerAt(cpu, 0, 0x2800, '48 83 04 24 02 48 cf');
        handlerAt(cpu, 3, 0x2840, '48 cf');
        const entry = pageEntry(0x1_8000);
        const hex = [entry & 0xff, (entry >> 8) & 0xff, entry >> 16, 0].map((x) => x.toString(16)).join(' ');
        // or byte [entry], 1; add rsp, 8; iretq
        handlerAt(cpu, 14, 0x2880, `80 0c 25 ${hex} 01 48 83 c4 08 48 cf`);
        put(cpu, entry, 8, 0x1_8006n);
        // L: push rax; div ecx; pop rax; add [0x18010], rax; and byte [entry], fe; invlpg [0x18000]; int3; dec r15; jne L
        load(
          cpu,
          CODE,
          `50 f7 f1 58 48 01 04 25 10 80 01 00 80 24 25 ${hex} fe 0f 01 3c 25 00 80 01 00 cc 49 ff cf 75 de f4`,
        );
      },
      [100, 107, 5000],
    );
    // Both DIV and the access to the missing page are begun twice, but their accesses are only reported once.
    const accesses = events.filter((one) => one.kind === 'write' && one.address === 0x1_8010n);
    expect(accesses).toHaveLength(60);
  });

  test('string instructions that fault in the middle', () => {
    for (const code of ['f3 a4 f4', 'f3 48 a5 f4', 'f3 aa f4', 'f3 48 ab f4', 'f3 a6 f4', 'f2 ae f4', 'fd f3 a4 f4']) {
      for (const missing of [false, true]) {
        agree(
          (cpu) => {
            enterLong(cpu);
            registers(cpu, 4);
            if (missing) put(cpu, pageEntry(0xb000), 8, 0n);
            for (let i = 0; i < 0x4000; i++) cpu.ram[0xc000 + i] = (i * 7) & 0xff;
            for (const [name, value] of [
              ['rsi', 0xc123n],
              ['rdi', 0xa0f5n],
              ['rcx', 0x300n],
            ] as const)
              cpu.setRegister(name, value);
            load(cpu, CODE, code);
          },
          [1, 100],
        );
      }
    }
  });
});

test('self-modifying code', () => {
  // L: add eax, 1; inc byte [rip-7 (the immediate)]; dec r15; jne L; hlt
  agree(
    (cpu) => {
      enterLong(cpu);
      registers(cpu, 2);
      load(cpu, CODE, '83 c0 01 fe 05 f9 ff ff ff 49 ff cf 75 f2 f4');
    },
    [50, 51, 60, 100_000],
  );
});

test('32-bit code with segments, ring 3', () => {
  for (const user of [false, true]) {
    const { events } = agree(
      (cpu) => {
        enterProtected(cpu);
        cpu.setSegment('fs', { selector: 0x10, base: BigInt(DATA), limit: 0xffff, attributes: 0x40f3 });
        cpu.setRegister('rcx', 300n);
        if (user) enterUser(cpu);
        load(cpu, CODE, '64 03 05 04 00 00 00 64 ff 05 08 00 00 00 50 5a e2 ee 64 a0 00 00 02 00');
      },
      [100, 101, 102, 100_000],
    );
    expect(new Set(events.slice(0, 100).map(({ ring }) => ring))).toEqual(new Set([user ? 3 : 0]));
    expect(events.some((one) => one.kind === 'write' && one.address === BigInt(DATA + 8))).toBe(true);
  }
});

/** L: call F; mov [rbx+8], eax; push rcx; add [rbx+16], rcx; pop rcx; dec r15; jne L; hlt; F: inc rax; ret */
const program: Prepare = (cpu) => {
  enterLong(cpu);
  registers(cpu, 5);
  load(cpu, CODE, 'e8 12 00 00 00 89 43 08 51 48 01 4b 10 59 49 ff cf 75 ed f4 90 90 90 48 ff c0 c3');
};

describe('filters', () => {
  test.each([
    [['call'], [0x1000n]],
    [
      ['return', 'conditional'],
      [0x101an, 0x1011n],
    ],
    [['branch'], [0x1000n, 0x101an, 0x1011n]],
  ] as const)('by the classes %j', (classes, places) => {
    const { events } = agree(program, [3000], [{ kind: ['instruction', 'branch'], classes }]);
    const begun = events.filter(({ kind }) => kind === 'instruction').map(({ rip }) => rip);
    expect(begun).toEqual(Array.from({ length: 60 }, () => places).flat());
    // The last JNE is not taken.
    expect(events.length).toBe(begun.length * 2 - (classes.some((name) => name !== 'call') ? 1 : 0));
  });

  test('by the value that is written', () => {
    const seen = (value: { equals: bigint; mask?: bigint }) =>
      agree(program, [3000], [{ kind: 'write', value }]).events.map((event) =>
        event.kind === 'write' ? event.value : 0n,
      );
    const all = agree(program, [3000], [{ kind: 'write' }]).events.flatMap((event) =>
      event.kind === 'write' ? [event.value] : [],
    );
    expect(all).toHaveLength(240);
    const odd = all.filter((value) => (value & 1n) === 1n);
    expect(seen({ equals: 1n, mask: 1n })).toEqual(odd);
    expect(odd.length).toBeGreaterThan(20);
    expect(seen({ equals: 0x1005n })).toEqual(new Array(60).fill(0x1005n));
  });
});

describe('stops', () => {
  test.each([
    ['before an instruction', { kind: 'instruction', ranges: [{ start: 0x1017n, end: 0x1018n }] }, 0x1017n],
    ['behind a store', { kind: 'write', ranges: [{ start: BigInt(DATA + 9), end: BigInt(DATA + 10) }] }, 0x1008n],
    [
      'behind a store to a physical address',
      { kind: 'write', physicalRanges: [{ start: BigInt(DATA + 9), end: BigInt(DATA + 10) }] },
      0x1008n,
    ],
    ['behind an update', { kind: 'read', ranges: [{ start: BigInt(DATA + 16), end: BigInt(DATA + 17) }] }, 0x100dn],
    ['behind a branch', { kind: 'branch', mnemonics: ['ret'] }, 0x1005n],
    ['before a block', { kind: 'block', ranges: [{ start: 0x1005n, end: 0x1006n }] }, 0x1005n],
  ] as const)('%s, exactly, and then goes on', (_what, filter, rip) => {
    const { stops, digests } = agree(program, [3000], [{ ...filter, stop: true }]);
    expect(stops.map(([, at]) => at)).toEqual(new Array(60).fill(rip));
    expect(stops.map(([icount]) => icount).slice(0, 3)).toEqual([0, 1, 2].map((i) => (stops[0]?.[0] ?? 0) + i * 9));
    expect(digests).toEqual(watch(program, [3000], []).digests);
  });

  test('behind every store to a physical page', () => {
    const page = { start: BigInt(DATA), end: BigInt(DATA + 0x1000) };
    const { stops } = agree(program, [3000], [{ kind: 'write', physicalRanges: [page], stop: true }]);
    expect(stops.map(([, at]) => at)).toEqual(Array.from({ length: 120 }, (_, i) => (i % 2 === 0 ? 0x1008n : 0x100dn)));
  });

  test('a value condition stops only where it holds', () => {
    const filter = { kind: 'write', stop: true, value: { equals: 7n, mask: 7n } } as const;
    const { stops } = agree(
      program,
      [3000],
      [{ ...filter, ranges: [{ start: BigInt(DATA + 8), end: BigInt(DATA + 9) }] }],
    );
    expect(stops.length).toBeGreaterThan(5);
    expect(stops.length).toBeLessThan(9);
  });
});
