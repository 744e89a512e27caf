/** Boot plans by protocol on synthetic kernels, and one clear line for files that are no kernels. */
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/core/errors.js';
import { type BootPlan, type BootRequest, placementEnd } from '../../../../src/emulator/machine/boot/boot-plan.js';
import { type BootProtocol, planBoot } from '../../../../src/emulator/machine/boot/plan-boot.js';
import { buildElf, xenNote } from './elf-builder.js';

const RAM = 64 << 20;
const ENTRY = 0x100_0040;
const code = Uint8Array.from({ length: 0x3000 }, (_, i) => i * 3);
const vmlinux = buildElf(64, 0x100_0000, [
  { paddr: 0x100_0000, data: code, memory: 0x5000 },
  { type: 4, paddr: 0, data: xenNote(18, ENTRY) },
]);
const initrd = Uint8Array.from({ length: 5000 }, (_, i) => i ^ 0x55);
const decompressors = { gzip: (data: Uint8Array) => new Uint8Array(gunzipSync(data)) };

const request = (kernel: Uint8Array, more: Partial<BootRequest> = {}): BootRequest => ({
  kernel,
  commandLine: 'console=ttyS0 quiet',
  ramBytes: RAM,
  rsdp: 0xe_0000,
  ...more,
});
const plan = (kernel: Uint8Array, more: Partial<BootRequest> = {}, protocol: BootProtocol = 'auto'): BootPlan =>
  planBoot(request(kernel, more), decompressors, protocol);

/** RAM as the plan would leave it. */
function memoryOf({ placements }: BootPlan): Buffer {
  const ram = Buffer.alloc(RAM, 0xcc);
  for (const { address, bytes, zeros = 0 } of placements) {
    ram.set(bytes, address);
    ram.fill(0, address + bytes.length, address + bytes.length + zeros);
  }
  return ram;
}

const cString = (ram: Buffer, at: number): string => ram.toString('latin1', at, ram.indexOf(0, at));

/** A bzImage with a gzip payload: setup sector, header by boot.rst, payload behind a stub of 64 bytes. */
function bzImage(kernel: Uint8Array): Buffer {
  const payload = gzipSync(kernel);
  const file = Buffer.alloc(512 * 2 + 64 + payload.length);
  file[0x1f1] = 1;
  file.writeUInt16LE(0xaa55, 0x1fe);
  file.set([0xeb, 0x66], 0x200);
  file.write('HdrS', 0x202, 'latin1');
  file.writeUInt16LE(0x20f, 0x206);
  file[0x211] = 1;
  file.writeUInt32LE(0x7fff_ffff, 0x22c);
  file.writeUInt32LE(64, 0x248);
  file.writeUInt32LE(payload.length, 0x24c);
  file.writeUInt32LE(0x100_0000, 0x258);
  file.writeUInt32LE(0x20_0000, 0x260);
  file.set(payload, 512 * 2 + 64);
  return file;
}

describe('PVH', () => {
  test('loads the segments, clears behind them and enters the noted address', () => {
    const { entry, protocol, ...rest } = plan(vmlinux);
    expect(protocol).toBe('PVH');
    expect(entry.registers.rip).toBe(BigInt(ENTRY));
    expect(entry.control.cr0).toBe(0x11n);
    expect(entry.segments.cs).toEqual({ selector: 0x10, base: 0n, limit: 0xffff_ffff, attributes: 0xc09b });
    const ram = memoryOf({ entry, protocol, ...rest });
    expect(Buffer.compare(ram.subarray(0x100_0000, 0x100_3000), code)).toBe(0);
    expect(ram.subarray(0x100_3000, 0x100_5001)).toEqual(Buffer.concat([Buffer.alloc(0x2000), Buffer.of(0xcc)]));
  });

  test('hands over command line, memory map, module and RSDP (start_info.h)', () => {
    const booted = plan(vmlinux, { initrd });
    const ram = memoryOf(booted);
    const info = Number(booted.entry.registers.rbx);
    expect([ram.readUInt32LE(info), ram.readUInt32LE(info + 4), ram.readUInt32LE(info + 12)]).toEqual([
      0x336ec578, 1, 1,
    ]);
    const [modules, commandLine, rsdp, map] = [16, 24, 32, 40].map((at) => Number(ram.readBigUInt64LE(info + at))) as [
      number,
      number,
      number,
      number,
    ];
    expect([cString(ram, commandLine), rsdp]).toEqual(['console=ttyS0 quiet', 0xe_0000]);
    const [at, size] = [0, 8].map((offset) => Number(ram.readBigUInt64LE(modules + offset))) as [number, number];
    expect(Buffer.compare(ram.subarray(at, at + size), initrd)).toBe(0);
    expect(at % 4096).toBe(0);
    const entries = Array.from({ length: ram.readUInt32LE(info + 48) }, (_, i) => ({
      start: Number(ram.readBigUInt64LE(map + i * 24)),
      length: Number(ram.readBigUInt64LE(map + i * 24 + 8)),
      type: ram.readUInt32LE(map + i * 24 + 16),
    }));
    const usable = entries.filter(({ type }) => type === 1);
    expect(usable.reduce((sum, { length }) => sum + length, 0)).toBe(RAM - 0x10_0000 + 0x9_fc00);
    entries.forEach((range, i) => {
      if (i > 0)
        expect(range.start).toBeGreaterThanOrEqual((entries[i - 1]?.start ?? 0) + (entries[i - 1]?.length ?? 0));
    });
  });

  test('is what a bzImage is unpacked for', () => {
    const booted = plan(bzImage(vmlinux));
    expect([booted.protocol, booted.entry.registers.rip]).toEqual(['PVH', BigInt(ENTRY)]);
  });
});

describe('Linux boot protocol', () => {
  test('loads the protected-mode part at 1 MiB and fills the zero page', () => {
    const file = bzImage(vmlinux);
    const booted = plan(file, { initrd }, 'linux');
    expect([booted.protocol, booted.entry.registers.rip]).toEqual(['Linux boot protocol 2.15', 0x10_0000n]);
    const ram = memoryOf(booted);
    expect(Buffer.compare(ram.subarray(0x10_0000, 0x10_0000 + file.length - 1024), file.subarray(1024))).toBe(0);
    const page = Number(booted.entry.registers.rsi);
    expect(ram.toString('latin1', page + 0x202, page + 0x206)).toBe('HdrS');
    expect(ram[page + 0x210]).toBe(0xff);
    expect(cString(ram, ram.readUInt32LE(page + 0x228))).toBe('console=ttyS0 quiet');
    const [at, size] = [ram.readUInt32LE(page + 0x218), ram.readUInt32LE(page + 0x21c)];
    expect(Buffer.compare(ram.subarray(at, at + size), initrd)).toBe(0);
    expect(at).toBeGreaterThanOrEqual(0x120_0000);
    expect(Number(ram.readBigUInt64LE(page + 0x70))).toBe(0xe_0000);
    const map = page + 0x2d0;
    expect([
      Number(ram.readBigUInt64LE(map)),
      Number(ram.readBigUInt64LE(map + 8)),
      ram.readUInt32LE(map + 16),
    ]).toEqual([0, 0x9_fc00, 1]);
  });

  test('enters a 32-bit vmlinux without PVH the same way', () => {
    const booted = plan(buildElf(32, 0x100_0010, [{ paddr: 0x100_0000, data: code }]));
    expect(booted.protocol).toBe('vmlinux, 32-bit entry');
    expect(booted.entry.registers.rip).toBe(0x100_0010n);
    const ram = memoryOf(booted);
    expect(ram.readUInt32LE(Number(booted.entry.registers.rsi) + 0x202)).toBe(0x5372_6448);
  });
});

const multibootHeader = (flags: number, ...fields: number[]): Buffer => {
  const words = [0x1bad_b002, flags, -(0x1bad_b002 + flags) >>> 0, ...fields];
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, i) => {
    bytes.writeUInt32LE(word, i * 4);
  });
  return bytes;
};

describe('Multiboot', () => {
  test('boots an ELF kernel with its command line, memory and module', () => {
    const kernel = buildElf(32, 0x10_0020, [{ paddr: 0x10_0000, data: Buffer.concat([multibootHeader(3), code]) }]);
    const booted = plan(kernel, { initrd });
    expect([booted.protocol, booted.entry.registers.rip, booted.entry.registers.rax]).toEqual([
      'Multiboot',
      0x10_0020n,
      0x2bad_b002n,
    ]);
    const ram = memoryOf(booted);
    const info = Number(booted.entry.registers.rbx);
    const field = (at: number): number => ram.readUInt32LE(info + at);
    expect(field(0) & 0x4d).toBe(0x4d);
    expect([field(4), field(8)]).toEqual([639, RAM / 1024 - 1024]);
    expect(cString(ram, field(16))).toBe('console=ttyS0 quiet');
    expect(field(20)).toBe(1);
    const [start, end] = [ram.readUInt32LE(field(24)), ram.readUInt32LE(field(24) + 4)];
    expect(Buffer.compare(ram.subarray(start, end), initrd)).toBe(0);
    expect(ram.readUInt32LE(field(48))).toBe(20);
  });

  test('boots a flat image by the addresses in its header', () => {
    const file = Buffer.concat([
      Buffer.alloc(64),
      multibootHeader(0x1_0003, 0x20_0040, 0x20_0000, 0, 0x20_9000, 0x20_0100),
      code,
    ]);
    const booted = plan(file);
    expect(booted.entry.registers.rip).toBe(0x20_0100n);
    expect(booted.placements[0]?.address).toBe(0x20_0000);
    expect(booted.placements[0] && placementEnd(booted.placements[0])).toBe(0x20_9000);
  });
});

describe('refuses in one clear line', () => {
  test.each<[string, Uint8Array, Partial<BootRequest>, BootProtocol, RegExp]>([
    ['an empty file', new Uint8Array(0), {}, 'auto', /no kernel that can be booted/],
    ['text', new TextEncoder().encode('hello '.repeat(5000)), {}, 'auto', /no kernel that can be booted/],
    ['a truncated vmlinux', vmlinux.subarray(0, 3000), {}, 'auto', /truncated or damaged/],
    ['a truncated bzImage', bzImage(vmlinux).subarray(0, 1100), {}, 'auto', /truncated/],
    ['an ARM kernel', Buffer.from(vmlinux).fill(0xb7, 18, 19), {}, 'auto', /not for x86/],
    [
      'a 64-bit vmlinux without PVH',
      buildElf(64, 0x100_0000, [{ paddr: 0x100_0000, data: code }]),
      {},
      'auto',
      /no PVH entry/,
    ],
    ['a kernel above RAM', vmlinux, { ramBytes: 16 << 20 }, 'auto', /beyond 16 MiB/],
    ['an initrd above RAM', vmlinux, { initrd: new Uint8Array(60 << 20) }, 'auto', /do not fit into 64 MiB/],
    ['a long command line', vmlinux, { commandLine: 'x'.repeat(5000) }, 'auto', /command line has 5000 bytes/],
    ['a vmlinux by the Linux protocol', vmlinux, {}, 'linux', /no bzImage/],
    ['a bzImage by Multiboot', bzImage(vmlinux), {}, 'multiboot', /no multiboot kernel/],
    ['a vmlinux by Multiboot', vmlinux, {}, 'multiboot', /no multiboot header/],
  ])('%s', (_name, kernel, more, protocol, message) => {
    expect(() => plan(kernel, more, protocol)).toThrow(message);
    expect(() => plan(kernel, more, protocol)).toThrow(UserError);
  });

  test('wherever a kernel file ends', () => {
    const multiboot = buildElf(32, 0x10_0000, [{ paddr: 0x10_0000, data: multibootHeader(3) }]);
    for (const file of [vmlinux, bzImage(vmlinux), multiboot]) {
      for (let length = 0; length < file.length; length += length < 1400 ? 1 : 997) {
        try {
          planBoot(request(Uint8Array.from(file.subarray(0, length))), { gzip: decompress });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }
    }
  });

  test('whatever is flipped in a kernel file', () => {
    const files = [vmlinux, bzImage(vmlinux)];
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat({ max: 1300 }), fc.nat({ max: 255 }), (file, at, value) => {
        const damaged = Uint8Array.from(file);
        damaged[at] = value;
        try {
          planBoot(request(damaged), { gzip: decompress });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function decompress(data: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(gunzipSync(data));
  } catch {
    throw new UserError('damaged');
  }
}
