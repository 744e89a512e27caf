/** The machine with its processor: how runs end, that they repeat, and that saving and replaying change nothing. */
import { describe, expect, test } from 'vitest';
import { Machine } from '../../../src/emulator/machine/machine.js';
import type { InputLog } from '../../../src/emulator/replay/input-log.js';
import { assemble, busyGuest, COUNTERS, rawGuest } from './guest-program.js';

const RAM = 8 << 20;
const END = 3_000_000;
const { out, outFar } = assemble;

interface Run {
  readonly machine: Machine;
  readonly printed: number[];
}

function start(plan = busyGuest()): Run {
  const printed: number[] = [];
  const machine = new Machine({ ramBytes: RAM }, { serial: (port, byte) => printed.push(port, byte) });
  machine.boot(plan);
  return { machine, printed };
}

const counter = (machine: Machine, address: number): number =>
  new DataView(machine.processor.ram.buffer, machine.processor.ram.byteOffset).getUint32(address, true);

/** Types as a user would, at moments that depend on nothing in the guest. */
function typeAndRun({ machine }: Run): void {
  const encoder = new TextEncoder();
  for (const [time, text] of [
    [400_000, 'hello'],
    [1_234_567, 'x'],
    [2_500_001, 'yz'],
  ] as const) {
    machine.run({ time });
    machine.input.offer({ kind: 'serial', port: 0, bytes: encoder.encode(text) });
  }
  machine.run({ time: END });
}

test.each([true, false])('an access to a port takes a microsecond, an instruction a nanosecond (jit: %s)', (jit) => {
  const machine = new Machine({ ramBytes: RAM, jit });
  // rdtsc; mov ecx, eax; in al, 61h; in al, 61h; out 80h, al; rdtsc; hlt
  machine.boot(rawGuest([0x0f, 0x31, 0x89, 0xc1, 0xe4, 0x61, 0xe4, 0x61, 0xe6, 0x80, 0x0f, 0x31, 0xf4]));
  expect(machine.run()).toEqual({ kind: 'halted' });
  const { processor } = machine;
  expect(processor.getRegister('rax') - processor.getRegister('rcx')).toBe(3005n);
  expect(machine.time - machine.icount).toBe(3000);
});

test('a limit of time is reached behind the access that passes it, one of instructions at the instruction', () => {
  const { machine } = start(rawGuest([0xe4, 0x61, 0xe4, 0x61, 0x90, 0x90, 0x90, 0xeb, 0xfe]));
  expect(machine.run({ time: 1500 })).toEqual({ kind: 'reached', condition: 'time' });
  expect([machine.icount, machine.time]).toEqual([2, 2002]);
  machine.run({ icount: 4 });
  expect([machine.icount, machine.time]).toEqual([4, 2004]);
});

describe('ends', () => {
  test.each([
    ['power-off', [[0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x34, 0x66, 0xef]], { kind: 'power-off' }],
    ['halt for ever', [[0xf4]], { kind: 'halted' }],
    ['triple fault', [[0x0f, 0x0b]], { kind: 'triple-fault' }],
    ['exit port', [[0xb8, 5, 0, 0, 0, 0xe7, 0xf4]], { kind: 'exit', code: 5 }],
    ['keyboard reset', [out(0x64, 0xfe)], { kind: 'reset', by: 'keyboard controller' }],
    ['reset register', [outFar(0xcf9, 6)], { kind: 'reset', by: 'reset register' }],
  ] as const)('%s', (_name, code, outcome) => {
    const { machine } = start(rawGuest(...code));
    expect(machine.run({ icount: 1000 })).toEqual(outcome);
    expect(machine.icount).toBeLessThan(10);
  });

  test.each([
    ['power-off', [0x66, 0xba, 0x04, 0x06, 0x66, 0xb8, 0x00, 0x34, 0x66, 0xef]],
    ['keyboard reset', out(0x64, 0xfe)],
  ] as const)('a machine saved after %s goes on like the one that was not', (_name, code) => {
    const first = start(rawGuest(code, [0xeb, 0xfe])).machine;
    expect(first.run({ icount: 1000 }).kind).not.toBe('reached');
    const second = new Machine({ ramBytes: RAM });
    second.writeRam(0, first.processor.ram);
    second.restoreState(structuredClone(first.saveState()));
    expect(second.run({ icount: 1000 })).toEqual(first.run({ icount: 1000 }));
    expect(second.stateHash()).toBe(first.stateHash());
  });

  test('waiting for ever with interrupts on', () => {
    const { machine } = start(rawGuest(out(0x21, 0xff), out(0xa1, 0xff), [0xfb, 0xf4, 0xeb, 0xfd]));
    // The clock's second ticks on, so the end is a limit and not an idle machine.
    expect(machine.run({ time: 10_000_000_000 })).toEqual({ kind: 'reached', condition: 'time' });
    expect(machine.time).toBe(10_000_000_000);
    expect(machine.icount).toBeLessThan(20);
  });
});

describe('stops', () => {
  test('at an exact instruction', () => {
    const { machine } = start();
    for (const icount of [1, 2, 57, 1000, 123_457]) {
      expect(machine.run({ icount })).toEqual({ kind: 'reached', condition: 'icount' });
      expect(machine.icount).toBe(icount);
    }
  });

  test('at a printed text, at a halt and at an event', () => {
    const { machine } = start();
    machine.input.offer({ kind: 'serial', port: 0, bytes: new TextEncoder().encode('abc') });
    expect(machine.run({ text: { port: 0, text: 'ab' } })).toEqual({ kind: 'reached', condition: 'text' });
    expect(counter(machine, COUNTERS.echoed)).toBe(1);
    expect(machine.run({ halt: true })).toEqual({ kind: 'reached', condition: 'halt' });
    expect(machine.run({ event: () => counter(machine, COUNTERS.ticks) >= 20 })).toEqual({
      kind: 'reached',
      condition: 'event',
    });
    expect(counter(machine, COUNTERS.ticks)).toBe(20);
  });
});

test('a reset boots anew; time goes on and devices are as new', () => {
  const plan = rawGuest(outFar(0x3f8, 0x41), outFar(0x3fb, 0x80), outFar(0xcf9, 6));
  const { machine, printed } = start(plan);
  expect(machine.run()).toEqual({ kind: 'reset', by: 'reset register' });
  const { icount } = machine;
  machine.processor.ram.fill(0xcc, 0x20_0000, 0x20_0020);
  const cleared = { address: 0x20_0008, bytes: Uint8Array.of(1, 2), zeros: 6 };
  machine.reset({ ...plan, placements: [...plan.placements, cleared] });
  expect(Buffer.from(machine.processor.ram.subarray(0x20_0006, 0x20_0012)).toString('hex')).toBe(
    'cccc0102000000000000cccc',
  );
  expect(machine.run()).toEqual({ kind: 'reset', by: 'reset register' });
  expect(machine.icount).toBe(2 * icount);
  // The divisor latch, left open, would have swallowed the second byte.
  expect(printed).toEqual([0, 0x41, 0, 0x41]);
});

describe('determinism', () => {
  const reference = start();
  typeAndRun(reference);
  const hash = reference.machine.stateHash();
  const log = structuredClone(reference.machine.input.log) as InputLog;

  test('the guest did what it is for', () => {
    const { machine, printed } = reference;
    expect(String.fromCharCode(...printed.filter((_, i) => i % 2 === 1))).toBe('helloxyz');
    // 3 ms at 1193182/100 Hz.
    expect(counter(machine, COUNTERS.ticks)).toBeGreaterThan(30);
    expect(counter(machine, COUNTERS.ticks)).toBeLessThan(36);
    expect(counter(machine, COUNTERS.loops)).toBeGreaterThan(100);
  });

  test('the same run gives the same hash, stopped at other places', () => {
    const again = start();
    const stops = [17, 1000, 99_999, 400_000, 1_000_001];
    for (const time of stops) if (time < 400_000) again.machine.run({ time });
    typeAndRun(again);
    expect(again.machine.stateHash()).toBe(hash);
  });

  test('the interpreter alone gives the same hash', () => {
    const machine = new Machine({ ramBytes: RAM, jit: false });
    machine.boot(busyGuest());
    typeAndRun({ machine, printed: [] });
    expect(machine.stateHash()).toBe(hash);
  });

  test('a replayed log gives the same hash and the same output', () => {
    const replayed = start();
    replayed.machine.input.replay(log);
    expect(replayed.machine.input.offer({ kind: 'nmi' })).toBe(false);
    replayed.machine.run({ time: END });
    expect(replayed.machine.stateHash()).toBe(hash);
    expect(replayed.printed).toEqual(reference.printed);
    expect(replayed.machine.input.log).toEqual(log);
  });

  test('a different input gives a different hash', () => {
    const other = start();
    other.machine.input.offer({ kind: 'serial', port: 0, bytes: Uint8Array.of(1) });
    typeAndRun(other);
    expect(other.machine.stateHash()).not.toBe(hash);
  });

  test.each([1, 5000, 399_999, 777_777, 2_222_222])(
    'saved at %i ns, restored elsewhere, replayed: the same',
    (time) => {
      const first = start();
      first.machine.input.replay(log);
      first.machine.run({ time });
      const state = structuredClone(first.machine.saveState());
      const ram = first.machine.processor.ram.slice();
      const second = start();
      second.machine.writeRam(0, ram);
      second.machine.restoreState(state);
      expect(second.machine.stateHash()).toBe(first.machine.stateHash());
      second.machine.input.replay(log);
      second.machine.run({ time: END });
      expect(second.machine.stateHash()).toBe(hash);
      // Looking at a machine must not change it.
      first.machine.takeDirtyPages();
      first.machine.run({ time: END });
      expect(first.machine.stateHash()).toBe(hash);
    },
  );

  test('a log that does not belong to the run is refused', () => {
    const other = start(rawGuest([0xeb, 0xfe]));
    other.machine.input.replay(log);
    expect(() => other.machine.run({ time: END })).toThrow(/the replay diverged/);
  });

  test('a guest cannot grow the log', () => {
    const other = start(rawGuest([0x0f, 0xc7, 0xf0, 0xeb, 0xfb]));
    other.machine.run({ time: 1000 });
    expect(other.machine.input.log.entries).toEqual([]);
    expect(other.machine.processor.getRegister('rax')).not.toBe(0n);
  });

  test('dirty pages are those written since the last look', () => {
    const { machine } = start();
    machine.run({ time: 100_000 });
    machine.takeDirtyPages();
    machine.run({ time: 200_000 });
    // Counters at 4000h, stack below 9000h.
    expect([...machine.takeDirtyPages()]).toEqual([0x4, 0x8]);
  });
});

describe('restore refuses', () => {
  test.each([
    ['another version', { version: 2 }, /version/],
    ['another size', { ramBytes: 16 << 20 }, /16 MiB/],
    ['a lacking device', { devices: {} }, /lacks device pic/],
  ])('%s', (_name, change, message) => {
    const { machine } = start();
    const state = machine.saveState();
    expect(() => machine.restoreState({ ...state, ...change } as never)).toThrow(message);
  });
});

test.each([0, 1 << 20, (8 << 20) + 1, 4 * 2 ** 30, Number.NaN])('a machine cannot have %d bytes of RAM', (ramBytes) => {
  expect(() => new Machine({ ramBytes })).toThrow(/a guest cannot have/);
});
