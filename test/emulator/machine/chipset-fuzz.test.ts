/**
 * All devices under random programming: nothing throws or hangs, and a machine restored in the middle behaves like the
 * one that went on, read for read.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Machine } from '../../../src/emulator/machine/machine.js';
import { FakeProcessor } from './fake-processor.js';

const MIB = 1 << 20;
/** Ports with something behind them; any other is tried, too. */
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
  | { readonly kind: 'keyboard'; readonly bytes: Uint8Array }
  | Driver;

/** A virtio driver that sets its queue up, or not quite, and offers a ring of chains that lead anywhere. */
interface Driver {
  readonly kind: 'driver';
  readonly page: number;
  readonly size: number;
  /** Descriptor table, available ring, used ring. */
  readonly rings: readonly number[];
  readonly available: number;
  readonly heads: readonly number[];
  readonly descriptors: readonly {
    readonly address: number;
    readonly length: number;
    readonly flags: number;
    readonly next: number;
  }[];
  readonly request: { readonly type: number; readonly sector: number };
}

const size = fc.constantFrom(1, 2, 4) as fc.Arbitrary<1 | 2 | 4>;
const value = fc.option(fc.oneof(fc.nat({ max: 255 }), fc.integer({ min: 0, max: 0xffff_ffff })), { nil: undefined });
const port = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...PORTS) },
  { weight: 1, arbitrary: fc.nat({ max: 0xffff }) },
);
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });

/** Mostly RAM, sometimes its end, what lies behind, and no address at all. */
const address = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 0xffff }).map((n) => 0x1_0000 + (n & ~15)) },
  { weight: 1, arbitrary: fc.integer({ min: 8 * MIB - 64, max: 8 * MIB + 64 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0xfee0_0000, 0xffff_fff0, 2 ** 40, 2 ** 63) },
);
const length = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(512, 1024) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 513, 4096) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
);

/** As a driver has it, but for what is damaged: header, data, status, one after the other. */
const descriptor = fc.record({ address, length, isWild: fc.nat({ max: 9 }), wild: fc.nat({ max: 0xffff }) });

const chain = fc.array(descriptor, { minLength: 1, maxLength: 6 }).map((parts) =>
  parts.map(({ address, length, isWild, wild }, i) => {
    const isLast = i === parts.length - 1;
    return {
      address,
      length: isWild === 0 ? length : i === 0 ? 16 : isLast ? 1 : length,
      flags: isWild === 1 ? wild & 7 : (isLast ? 0 : 1) | (i === 0 ? 0 : 2),
      next: isWild === 2 ? wild : i + 1,
    };
  }),
);

const driver: fc.Arbitrary<Driver> = fc.record({
  kind: fc.constant('driver' as const),
  page: fc.constantFrom(0xfebf_0000, 0xfebe_0000),
  size: fc.constantFrom(8, 8, 256, 1, 3, 0),
  rings: fc.array(address, { minLength: 3, maxLength: 3 }),
  available: fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: 0xffff })),
  heads: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffff })), { maxLength: 8 }),
  descriptors: chain,
  request: fc.record({ type: fc.constantFrom(0, 0, 1, 1, 4, 8, 99), sector: fc.oneof(fc.nat({ max: 12 }), fc.nat()) }),
});

const access: fc.Arbitrary<Access> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('port' as const), at: port, size, value }),
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
  { weight: 3, arbitrary: driver },
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
    case 'driver':
      processor.script.push(() => drive(processor, step));
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

/** Reset, features, queue 0, driver ok; then the rings in RAM and a notification (VIRTIO 1.1, 3.1.1 and 2.6). */
function drive(
  { bus, ram }: FakeProcessor,
  { page, size, rings, available, heads, descriptors, request }: Driver,
): void {
  const write = (offset: number, bytes: 1 | 2 | 4, value: number): void =>
    bus.writePhysical(page + offset, bytes, value >>> 0);
  for (const status of [0, 3]) write(0x14, 1, status);
  write(0x08, 4, 1);
  write(0x0c, 4, 1);
  write(0x14, 1, 0x0b);
  write(0x16, 2, 0);
  write(0x18, 2, size);
  rings.forEach((ring, i) => {
    write(0x20 + i * 8, 4, ring);
    write(0x24 + i * 8, 4, Math.floor(ring / 2 ** 32));
  });
  write(0x1c, 2, 1);
  write(0x14, 1, 0x0f);
  const view = new DataView(ram.buffer, ram.byteOffset, ram.length);
  const inside = (at: number, bytes: number): boolean => at + bytes <= ram.length;
  const [table = 0, ring = 0] = rings;
  descriptors.forEach(({ address, length, flags, next }, i) => {
    const at = table + i * 16;
    if (!inside(at, 16)) return;
    view.setBigUint64(at, BigInt(address), true);
    view.setUint32(at + 8, length, true);
    view.setUint16(at + 12, flags, true);
    view.setUint16(at + 14, next, true);
    // The first buffer is mostly a request's header.
    if (i !== 0 || !inside(address, 16)) return;
    view.setUint32(address, request.type, true);
    view.setBigUint64(address + 8, BigInt(request.sector), true);
  });
  if (inside(ring, 4 + heads.length * 2)) {
    view.setUint16(ring + 2, available, true);
    heads.forEach((head, i) => {
      view.setUint16(ring + 4 + i * 2, head, true);
    });
  }
  write(0x3000, 2, 0);
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
