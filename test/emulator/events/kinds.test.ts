/** What each kind of event tells, for programs whose every effect is written down in the manuals. */
import { describe, expect, test } from 'vitest';
import type { Subscription } from '../../../src/emulator/events/event-filter.js';
import type { EventKind, EventOf } from '../../../src/emulator/events/event-kinds.js';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { busyGuest } from '../machine/guest-program.js';
import {
  bareProcessor, CODE, DATA, enterLong, enterUser, load, PAGE_TABLES, pageEntry, put, STACK_TOP,
} from '../support/bare-processor.js'; // biome-ignore format: one import
import { type Prepare, watchAll } from './recorder.js';

/** Events of a program in both tiers, which must be the same, without what every event has. */
function told<K extends EventKind>(prepare: Prepare, limit: number, subscription: Subscription<K>) {
  const { plain, interpreted, translated } = watchAll(prepare, [limit], [subscription as Subscription<EventKind>]);
  expect(interpreted.digests).toEqual(plain.digests);
  expect(translated.digests).toEqual(plain.digests);
  expect(translated.events).toEqual(interpreted.events);
  return interpreted.events as unknown as EventOf<K>[];
}

const essence = ({ kind, rip, icount, ring, addressSpace, ...rest }: EventOf<EventKind>): object => {
  void [rip, icount, ring, addressSpace];
  return { kind, ...rest };
};

const program =
  (code: string, more: Prepare = () => {}): Prepare =>
  (cpu) => {
    enterLong(cpu);
    more(cpu);
    load(cpu, CODE, code);
  };

test('an instruction, with where it lies in virtual and physical memory', () => {
  const mapped = program('90 48 89 c3 f4', (cpu) => {
    // The code page is seen at 0x50000, too, and runs from there.
    put(cpu, pageEntry(0x5_0000), 8, BigInt(CODE) | 7n);
    cpu.setRegister('rip', 0x5_0000n);
  });
  expect(told(mapped, 10, { kind: 'instruction' })).toMatchObject([
    { icount: 0, rip: 0x5_0000n, address: 0x5_0000n, physical: CODE, length: 1, ring: 0, addressSpace: 0x2_0000n },
    { icount: 1, rip: 0x5_0001n, physical: CODE + 1, length: 3 },
    { icount: 2, rip: 0x5_0004n, physical: CODE + 4, length: 1 },
  ]);
});

test('branches that are taken, and the blocks that begin behind any', () => {
  // xor eax, eax; jne (not taken); je +0; call +1 (ret); hlt; ret
  const code = program('31 c0 75 00 74 00 e8 01 00 00 00 f4 c3');
  expect(told(code, 20, { kind: 'branch' }).map(essence)).toEqual([
    { kind: 'branch', to: 0x1006n, how: 'conditional' },
    { kind: 'branch', to: 0x100cn, how: 'call' },
    { kind: 'branch', to: 0x100bn, how: 'return' },
  ]);
  expect(told(code, 20, { kind: 'block' }).map(({ address }) => address)).toEqual([0x1004n, 0x1006n, 0x100cn, 0x100bn]);
});

test('accesses of every size, an update as both, one that crosses a page', () => {
  // mov [rbx], al; mov [rbx+2], ax; add dword [rbx+4], 1; movups [rbx+0xff8], xmm0; mov rax, [rbx+0xffc]
  const code = program('88 03 66 89 43 02 83 43 04 01 0f 11 83 f8 0f 00 00 48 8b 83 fc 0f 00 00 f4', (cpu) => {
    cpu.setRegister('rbx', BigInt(DATA));
    cpu.setRegister('rax', 0x1234n);
    cpu.setRegister('cr4', 0x620n);
    cpu.setRegister('xmm0', 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00n);
    put(cpu, DATA + 4, 4, 0xffff_ffffn);
    // The page behind the data lies elsewhere.
    put(cpu, pageEntry(DATA + 0x1000), 8, 0x1_0007n);
  });
  const at = (offset: number) => ({ address: BigInt(DATA + offset), physical: DATA + offset });
  expect(told(code, 20, { kind: ['read', 'write'] }).map(essence)).toEqual([
    { kind: 'write', ...at(0), size: 1, value: 0x34n, implicit: false },
    { kind: 'write', ...at(2), size: 2, value: 0x1234n, implicit: false },
    { kind: 'read', ...at(4), size: 4, value: 0xffff_ffffn, implicit: false },
    { kind: 'write', ...at(4), size: 4, value: 0n, implicit: false },
    { kind: 'write', ...at(0xff8), size: 16, value: 0x1122_3344_5566_7788_99aa_bbcc_ddee_ff00n, implicit: false },
    { kind: 'read', ...at(0xffc), size: 8, value: 0x5566_7788_99aa_bbccn, implicit: false },
  ]);
});

test('ports, element by element for string forms', () => {
  // mov al, 5; out 0x42, al; in al, 0x33; mov dx, 0x70; mov rsi, DATA; mov ecx, 3; rep outsb
  const code = program('b0 05 e6 42 e4 33 66 ba 70 00 48 c7 c6 00 60 00 00 b9 03 00 00 00 f3 6e f4', (cpu) => {
    cpu.ram.set([9, 8, 7], DATA);
  });
  expect(told(code, 20, { kind: ['port-read', 'port-write', 'read'] }).map(essence)).toEqual([
    { kind: 'port-write', port: 0x42, size: 1, value: 5 },
    { kind: 'port-read', port: 0x33, size: 1, value: 0x33 },
    ...[9, 8, 7].flatMap((value, i) => [
      { kind: 'read', address: BigInt(DATA + i), physical: DATA + i, size: 1, value: BigInt(value), implicit: true },
      { kind: 'port-write', port: 0x70, size: 1, value },
    ]),
  ]);
});

test('an exception with its frame, and the return from it', () => {
  // mov rax, [0x18000] (not there), handler: iretq to the same: map first
  const entry = pageEntry(0x1_8000);
  const code = program('48 8b 04 25 00 80 01 00 cd 03 f4', (cpu) => {
    put(cpu, entry, 8, 0x1_8006n);
    put(cpu, 0x3000 + 14 * 16, 8, 0x2800n | (8n << 16n) | (0x8e00n << 32n));
    put(cpu, 0x3000 + 3 * 16, 8, 0x2840n | (8n << 16n) | (0x8e00n << 32n));
    // or byte [entry], 1; add rsp, 8; iretq
    load(cpu, 0x2800, '80 0c 25 c0 30 02 00 01 48 83 c4 08 48 cf');
    load(cpu, 0x2840, '48 cf');
  });
  expect(entry).toBe(0x2_30c0);
  const events = told(code, 20, { kind: ['exception', 'interrupt', 'interrupt-return', 'halt'] });
  expect(events.map(essence)).toEqual([
    { kind: 'exception', vector: 14, errorCode: 0, faultAddress: 0x1_8000n },
    { kind: 'interrupt-return', to: 0x1000n },
    { kind: 'interrupt', vector: 3, source: 'software' },
    { kind: 'interrupt-return', to: 0x100an },
    { kind: 'halt' },
  ]);
  expect(events.map(({ rip, icount }) => [icount, rip])).toEqual([
    [0, 0x1000n],
    [2, 0x280cn],
    [4, 0x1008n],
    [5, 0x2840n],
    [6, 0x100an],
  ]);
  const frame = told(code, 1, { kind: 'write' }).filter(({ implicit }) => implicit);
  expect(frame.map(({ address, value }) => [address, value])).toEqual(
    [0x10n, BigInt(STACK_TOP), 0x1_0002n, 8n, 0x1000n, 0n].map((value, i) => [BigInt(STACK_TOP - 8 * (i + 1)), value]),
  );
});

test('control and model-specific registers: the old value and the new one', () => {
  // mov rax, cr3; mov cr3, rax; clts; mov ecx, 0xc0000082; mov eax, 0x5000; xor edx, edx; wrmsr
  const code = program('0f 20 d8 0f 22 d8 0f 06 b9 82 00 00 c0 b8 00 50 00 00 31 d2 0f 30 f4', (cpu) => {
    cpu.setRegister('cr0', 0x8001_0019n);
    cpu.setRegister('lstar', 0x77n);
  });
  const kinds = { kind: ['control-write', 'msr-write', 'tlb-flush'] } as const;
  expect(told(code, 20, kinds).map(essence)).toEqual([
    { kind: 'tlb-flush', scope: 'nonglobal', address: 0n },
    { kind: 'control-write', register: 'cr3', old: BigInt(PAGE_TABLES), value: BigInt(PAGE_TABLES) },
    { kind: 'control-write', register: 'cr0', old: 0x8001_0019n, value: 0x8001_0011n },
    { kind: 'msr-write', register: 0xc000_0082, old: 0x77n, value: 0x5000n },
  ]);
  const only = told(code, 20, { kind: 'control-write', registers: ['cr0'], value: { equals: 0n, mask: 8n } });
  expect(only.map(essence)).toEqual([
    { kind: 'control-write', register: 'cr0', old: 0x8001_0019n, value: 0x8001_0011n },
  ]);
});

test('fills of the TLB, and INVLPG', () => {
  // mov rax, [rbx]; mov [rbx], rax; mov rax, [rbx]; invlpg [rbx]; mov rax, [rbx]
  const code = program('48 8b 03 48 89 03 48 8b 03 0f 01 3b 48 8b 03 f4', (cpu) => {
    cpu.setRegister('rbx', BigInt(DATA));
  });
  const fill = (address: number, access: string) => ({
    kind: 'tlb-fill', address: BigInt(address), physical: address, access,
  }); // biome-ignore format: one row
  expect(told(code, 20, { kind: ['tlb-fill', 'tlb-flush'] }).map(essence)).toEqual([
    fill(CODE, 'fetch'),
    fill(DATA, 'read'),
    // The D bit has to be set.
    fill(DATA, 'write'),
    { kind: 'tlb-flush', scope: 'page', address: BigInt(DATA) },
    fill(DATA, 'read'),
  ]);
});

describe('pages that are written and executed', () => {
  /** A program in ring 3 that writes `ret` to [rbx], calls it twice, writes it again and calls it again. */
  const writer = program('c6 03 c3 ff d3 ff d3 c6 43 10 90 c6 03 c3 ff d3 f4', (cpu) => {
    enterUser(cpu);
    cpu.setRegister('rbx', BigInt(DATA));
    cpu.setRegister('rsp', 0x8000n);
  });

  test('are reported once a change, with who wrote them', () => {
    const events = told(writer, 12, { kind: ['code-write', 'code-execute'] });
    const executed = {
      kind: 'code-execute', address: BigInt(DATA), physical: DATA, writers: ['user'],
      writtenAs: { page: BigInt(DATA), addressSpace: BigInt(PAGE_TABLES) },
    }; // biome-ignore format: one row
    expect(events.map(essence)).toEqual([
      executed,
      { kind: 'code-write', address: BigInt(DATA + 16), physical: DATA + 16, writer: 'user' },
      executed,
    ]);
    expect(events.map(({ icount, ring }) => [icount, ring])).toEqual([
      [2, 3],
      [5, 3],
      [8, 3],
    ]);
  });

  test('can stop the run before the first instruction', () => {
    const filter = { kind: 'code-execute', ring: 3, writer: 'user', sameMapping: true, stop: true } as const;
    const { interpreted, translated, plain } = watchAll(writer, [12], [filter]);
    expect(interpreted.stops).toEqual([
      [2, BigInt(DATA)],
      [8, BigInt(DATA)],
    ]);
    expect(translated.stops).toEqual(interpreted.stops);
    expect(translated.digests).toEqual(plain.digests);
    expect(told(writer, 12, { ...filter, writer: 'supervisor', stop: false })).toEqual([]);
  });

  test('are looked at anew when another state is loaded', () => {
    const { cpu } = bareProcessor({ hot: 2 });
    writer(cpu);
    const seen: [string, number][] = [];
    cpu.events.subscribe({ kind: ['code-write', 'code-execute'] }, (events) => {
      for (const { kind, icount } of events) seen.push([kind, icount]);
    });
    cpu.run(3);
    const [state, ram] = [cpu.saveState(), cpu.ram.slice()];
    cpu.run(12);
    const once = [
      ['code-write', 5],
      ['code-execute', 8],
    ];
    expect(seen).toEqual([['code-execute', 2], ...once]);
    cpu.ram.set(ram);
    cpu.noteWritten(0, ram.length);
    cpu.restoreState(state);
    seen.length = 0;
    cpu.run(12);
    // Loading RAM wrote executed pages from outside, at the old moment. What was executed is not part of a state.
    expect(seen.filter(([, icount]) => icount !== 10)).toEqual(once);
  });

  test('are not those that were there before', () => {
    expect(told(program('90 90 eb fc'), 100, { kind: ['code-write', 'code-execute'] })).toEqual([]);
  });
});

const text = (event: EventOf<EventKind>): string =>
  Object.entries(event)
    .map(([name, value]) => `${name} ${value}`)
    .join();

describe('a whole machine', () => {
  const kinds = [
    'instruction', 'block', 'branch', 'write', 'port-read', 'port-write', 'exception', 'interrupt', 'interrupt-return', 'halt', 'tlb-fill',
  ] as const; // biome-ignore format: a list

  const run = (jit: boolean, watched: boolean) => {
    const machine = new Machine({ ramBytes: 8 << 20, jit });
    const events: EventOf<(typeof kinds)[number]>[] = [];
    if (watched) machine.events.subscribe({ kind: kinds }, (batch) => void events.push(...batch));
    machine.boot(busyGuest());
    machine.run({ time: 200_000 });
    machine.run({ time: 400_000 });
    return { events, hash: machine.stateHash() };
  };

  test('with a timer and halts: streams agree, the state is the one without', () => {
    const [plain, translated, interpreted] = [run(true, false), run(true, true), run(false, true)];
    expect(translated.hash).toBe(plain.hash);
    expect(interpreted.hash).toBe(plain.hash);
    expect(translated.events.length).toBe(interpreted.events.length);
    expect(translated.events.map(text)).toEqual(interpreted.events.map(text));
    // The timer ticks every 84 us.
    expect(translated.events.filter(({ kind }) => kind === 'interrupt')).toHaveLength(4);
  });
});

test('filters that make no sense are refused with a line', () => {
  const { events } = new Machine({ ramBytes: 8 << 20 });
  const refused = (subscription: Subscription<EventKind>) => () => events.subscribe(subscription);
  expect(refused({ kind: 'moon' as 'halt' })).toThrow("there are no events of kind 'moon'");
  expect(refused({ kind: 'halt', ports: [{ first: 1, last: 2 }] })).toThrow("cannot be filtered by 'ports'");
  expect(refused({ kind: 'write', ranges: [] })).toThrow('an empty list of ranges');
  expect(refused({ kind: 'write', ranges: [{ start: 5n, end: 5n }] })).toThrow('the range 0x5 to 0x5');
  expect(refused({ kind: 'control-write', registers: ['cr9'] })).toThrow("no control register 'cr9'");
  expect(refused({ kind: 'instruction', mnemonics: ['movv'] })).toThrow("no instruction 'movv'");
  expect(refused({ kind: 'instruction', classes: ['magic' as 'call'] })).toThrow("no class of instructions 'magic'");
  expect(refused({ kind: 'halt', classes: ['call'] })).toThrow("cannot be filtered by 'classes'");
  for (let i = 0; i < 32; i++) events.subscribe({ kind: 'halt' });
  expect(refused({ kind: 'halt' })).toThrow('32 subscriptions');
});
