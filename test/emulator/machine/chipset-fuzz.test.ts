/**
 * All devices under random programming: nothing throws or hangs, and a machine restored in the middle behaves like the
 * one that went on, read for read.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { FakeProcessor } from './fake-processor.js';

const MIB = 1 << 20;
/** Ports with something behind them, and a few without. */
const PORTS = [
  0x20, 0x21, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0xa0, 0xa1, 0xe9, 0xed, 0x2f8, 0x2f9, 0x2fa,
  0x2fc, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x4d0, 0x4d1, 0x600, 0x602, 0x604, 0x605, 0x608, 0xcf8,
  0xcfc, 0xcfd, 0xcfe, 0xcff, 0x1234, 0xffff,
];
/** Register pages: local APIC, I/O APIC, the two virtio functions where firmware puts them. */
const PAGES = [0xfee0_0000, 0xfec0_0000, 0xfebf_0000, 0xfebe_0000];

type Access =
  | { readonly kind: 'port' | 'memory'; readonly at: number; readonly size: 1 | 2 | 4; readonly value?: number }
  | { readonly kind: 'time'; readonly nanoseconds: number }
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'serial'; readonly bytes: Uint8Array }
  | { readonly kind: 'keyboard'; readonly bytes: Uint8Array };

const size = fc.constantFrom(1, 2, 4) as fc.Arbitrary<1 | 2 | 4>;
const value = fc.option(fc.oneof(fc.nat({ max: 255 }), fc.integer({ min: 0, max: 0xffff_ffff })), { nil: undefined });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });

const access: fc.Arbitrary<Access> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('port' as const), at: fc.constantFrom(...PORTS), size, value }),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({
        kind: fc.constant('memory' as const),
        page: fc.constantFrom(...PAGES),
        offset: fc.oneof(
          fc.nat({ max: 0x3f }),
          fc.nat({ max: 0x3ff }).map((n) => n & ~15),
          fc.nat({ max: 0x3fff }),
        ),
        size,
        value,
      })
      .map(({ page, offset, ...rest }) => ({ ...rest, at: page + offset })),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), nanoseconds: fc.nat({ max: 50_000_000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('serial' as const, 'keyboard' as const), bytes }) },
) as fc.Arbitrary<Access>;

const image = Uint8Array.from({ length: 16 * 512 }, (_, i) => i * 7);

function makeMachine(): { machine: Machine; processor: FakeProcessor } {
  let processor: FakeProcessor | undefined;
  const machine = new Machine({
    ramBytes: 8 * MIB,
    disks: [
      {
        size: image.length,
        read: (offset, target) => {
          const part = image.subarray(offset, offset + target.length);
          target.set(part);
          return part.length;
        },
      },
    ],
    createProcessor: ({ bus, ramBytes }) => {
      processor = new FakeProcessor(bus, ramBytes);
      return processor;
    },
  });
  return { machine, processor: processor as FakeProcessor };
}

/**
 * Carries out one access and returns what the guest would see, with why the run ended. Accesses are made the only way
 * a guest can make them: by an instruction, while the machine runs.
 */
function perform({ machine, processor }: ReturnType<typeof makeMachine>, step: Access): unknown {
  let seen: unknown;
  switch (step.kind) {
    case 'time':
      return machine.run({ time: machine.time + step.nanoseconds });
    case 'serial':
      machine.input.offer({ kind: 'serial', port: 0, bytes: step.bytes });
      break;
    case 'keyboard':
      machine.input.offer({ kind: 'keyboard', bytes: step.bytes });
      break;
    case 'acknowledge':
      processor.script.push(() => {
        seen = processor.interruptLine ? processor.bus.acknowledgeInterrupt() : 'none';
      });
      break;
    default:
      processor.script.push(() => {
        seen = touch(processor, step);
      });
  }
  const outcome = machine.run({ icount: machine.icount + 1 });
  expect(processor.script).toEqual([]);
  return { seen, outcome };
}

function touch({ bus }: FakeProcessor, { kind, at, size, value }: Access & { kind: 'port' | 'memory' }): unknown {
  const [read, write] =
    kind === 'port' ? (['readPort', 'writePort'] as const) : (['readPhysical', 'writePhysical'] as const);
  if (value !== undefined) return bus[write](at, size, value);
  const seen = bus[read](at, size);
  expect(Number.isInteger(seen) && seen >= 0 && seen < 2 ** (8 * size)).toBe(true);
  return seen;
}

test('random programming never throws, and a restored machine goes on alike', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.array(access, { maxLength: 120 }), fc.array(access, { maxLength: 60 }), (before, after) => {
      const first = makeMachine();
      for (const step of before) perform(first, step);
      const saved = structuredClone(first.machine.saveState());
      const second = makeMachine();
      second.machine.writeRam(0, first.processor.ram);
      second.machine.restoreState(saved);
      expect(second.machine.saveState()).toEqual(saved);
      expect(second.processor.interruptLine).toBe(first.processor.interruptLine);
      for (const step of after) expect(perform(second, step)).toEqual(perform(first, step));
      expect(second.machine.stateHash()).toBe(first.machine.stateHash());
    }),
    { numRuns: 150 },
  );
});
