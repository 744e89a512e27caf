import { describe, expect, test } from 'vitest';
import { guestPage, guestRange, plainGuest } from '../builders/guest.js';
import { buildMigration, type MigrationOptions } from '../builders/migration.js';
import { expectGuest, openBytes } from '../open-bytes.js';

const ram = { name: 'pc.ram', bytes: plainGuest[0]!.bytes };
const rom = { name: '/rom@etc/acpi/tables', bytes: Buffer.alloc(0x20000, 0x41) };
const plain: MigrationOptions = { blocks: [ram, rom] };

describe('QEMU migration stream', () => {
  test('gives memory and registers', async () => {
    const memory = await openBytes(buildMigration({ ...plain, cr3: 0x1234000n }));
    expect(memory.format).toBe('QEMU migration stream');
    expect(memory.notes).toEqual([]);
    expect(memory.registers).toEqual([
      {
        cr3: 0x1234000n,
        cr0: 0x80050033n,
        cr4: 0x6f0n,
        rip: 0xffff_ffff_8100_0000n,
        gsBase: 0x7000n,
        idt: 0xffff_fe00_0000_0000n,
        kernelGsBase: 0x9000n,
      },
    ]);
    expectGuest(memory, plainGuest);
  });

  test.each<[string, Partial<MigrationOptions>]>([
    ['sent twice: the last contents count', { resend: true }],
    ['with pages compressed by zlib', { zlib: (frame) => frame % 3 === 1 }],
    ['without section footers', { footers: false }],
    [
      'with subsections of the configuration',
      { configuration: '\x05\x10configuration/xy\x00\x00\x00\x01\x00\x00\x00\x0c' },
    ],
    ['with another iterable section', { foreignSection: true }],
    ['without configuration of a known machine', { machine: '' }],
  ])('%s', async (_name, options) => {
    const memory = await openBytes(buildMigration({ ...plain, ...options }));
    expect(memory.notes).toEqual([]);
    expectGuest(memory, plainGuest);
  });

  test('without its description has memory and no registers', async () => {
    const memory = await openBytes(buildMigration({ ...plain, description: false }));
    expect(memory.registers).toEqual([]);
    expectGuest(memory, plainGuest);
  });

  test('pages sent as differences are missing, and said to be', async () => {
    const memory = await openBytes(buildMigration({ blocks: [ram], xbzrle: 9 }));
    expect(memory.notes).toEqual(['1 pages were sent as XBZRLE differences and are missing']);
    expectGuest(memory, [guestRange(0, 0x9000), guestRange(0xa000, 0x200000)]);
  });

  test('is split at 4 GiB where the guest firmware was told', async () => {
    const above = 0x80000;
    const bytes = Buffer.concat([Buffer.alloc(0x1100000), ram.bytes.subarray(0, above)]);
    const memory = await openBytes(buildMigration({ blocks: [{ name: 'pc.ram', bytes }], cmos: [0x1100000, above] }));
    expect(memory.ranges).toEqual([
      { start: 0, end: 0x1100000 },
      { start: 0x1_0000_0000, end: 0x1_0000_0000 + above },
    ]);
    expect(Buffer.from(memory.page(0x100000 + 5)!)).toEqual(guestPage(5));
  });

  test('puts NUMA nodes one after the other', async () => {
    const nodes = [
      { name: '/objects/ram-node1', bytes: ram.bytes.subarray(0x100000) },
      { name: 'pc.bios', bytes: Buffer.alloc(0x40000, 1) },
      { name: '/objects/ram-node0', bytes: ram.bytes.subarray(0, 0x100000) },
    ];
    const memory = await openBytes(buildMigration({ blocks: nodes }));
    expect(memory.notes).toEqual(['main memory is put together by name: /objects/ram-node0, /objects/ram-node1']);
    expectGuest(memory, plainGuest);
  });

  test('takes memory under names of the user where it adds up to what the firmware was told', async () => {
    const bytes = Buffer.concat([ram.bytes, Buffer.alloc(0x1000000 - ram.bytes.length)]);
    const blocks = [
      { name: 'bank10', bytes: bytes.subarray(0x180000) },
      { name: 'bank9', bytes: bytes.subarray(0, 0x180000) },
      { name: '0000:00:02.0/vga.vram', bytes: Buffer.alloc(0x10000) },
    ];
    const memory = await openBytes(buildMigration({ blocks, cmos: [0x1000000, 0] }));
    expect(memory.notes).toEqual(['main memory is put together by name: bank9, bank10']);
    expect(memory.ranges).toEqual([
      { start: 0, end: 0xa0000 },
      { start: 0xc0000, end: 0x1000000 },
    ]);
    expect(guestPage(0x1fe).equals(memory.page(0x1fe)!)).toBe(true);
  });

  test('hides what lies behind the window of a VGA card', async () => {
    const vga = { name: '0000:00:02.0/vga.vram', bytes: Buffer.alloc(0x10000, 3) };
    const memory = await openBytes(buildMigration({ blocks: [vga, ram] }));
    expectGuest(memory, [guestRange(0, 0xa0000), guestRange(0xc0000, 0x200000)]);
  });

  test('truncated keeps the pages that are whole', async () => {
    const file = buildMigration({ blocks: [ram] });
    const cut = file.indexOf(guestPage(0x99)) + 100;
    const memory = await openBytes(file.subarray(0, cut));
    expect(memory.notes).toEqual([`the stream is truncated at file offset ${cut}`]);
    expectGuest(memory, [guestRange(0, 0x99000)]);
  });

  test('made with mapped-ram is refused', async () => {
    await expect(openBytes(buildMigration({ ...plain, configuration: '\x0amapped-ram' }))).rejects.toThrow(
      'made with the mapped-ram capability, which is not supported',
    );
  });
});
